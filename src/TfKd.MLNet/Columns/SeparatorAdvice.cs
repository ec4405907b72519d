namespace TfKd.MLNet;

/// <summary>What messages about a separator that looks wrong tell to do: whoever set it knows it by the name it was set by.</summary>
/// <param name="Setting">What is to be set to another one.</param>
/// <param name="ForNames">What is to be done where no label is divided, since a name may hold a separator by right.</param>
internal sealed record SeparatorAdvice(string Setting, string ForNames)
{
    /// <summary>That of the trainer's options.</summary>
    public static SeparatorAdvice OfOptions { get; } =
        new($"{nameof(MultipleLabels.Separator)} of {nameof(MultipleLabels)}", "make the column a vector of texts");
}
