namespace TfKd.Benchmarks;

/// <summary>How long the epochs of a comparison are.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Steps">Steps an epoch.</param>
/// <param name="Epochs">Epochs that are timed in a round.</param>
internal sealed record EpochLength(string Name, int Steps, int Epochs)
{
    /// <summary>A data set of CIFAR's size, and a folder of photos.</summary>
    public static IReadOnlyList<EpochLength> All { get; } = [new("real", 350, 1), new("small", 5, 40)];
}
