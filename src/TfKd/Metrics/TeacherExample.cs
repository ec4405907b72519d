namespace TfKd;

/// <summary>A teacher's answer to one training row.</summary>
/// <param name="Label">The row's class.</param>
/// <param name="Logits">What the teacher said, one number a class.</param>
internal sealed record TeacherExample(int Label, IReadOnlyList<float> Logits)
{
    /// <summary>Whether the teacher is right about the row.</summary>
    public bool IsRight { get; init; }

    /// <summary>What it says of the other classes: the divergence from the smoothed label of the same probability, in nats.</summary>
    public double Kl { get; init; }
}
