using System.Collections;

namespace TfKd;

/// <summary>A setting of a trial, as tables show it.</summary>
/// <param name="Name">What the search space calls it.</param>
/// <param name="Text">What was drawn; the same in every culture.</param>
public sealed record SearchValue(string Name, string Text)
{
    internal static string TextOf(object? value) => InvariantText.Of(() => value switch
    {
        null => "none",
        string text => text,
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(TextOf))}]",
        _ => value.ToString() ?? "",
    });
}
