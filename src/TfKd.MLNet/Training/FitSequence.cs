using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>
/// The Fits of one trainer: cross-validation calls it once a fold, with other rows and another seed, and the checkpoints of one must not be
/// those of another. A Fit that did not come to its end is begun again by the next, with its seed and in its folder.
/// </summary>
/// <param name="directory">The folder of the first Fit's checkpoints; null: none are written, and each Fit has a seed of its own.</param>
internal sealed class FitSequence(string? directory)
{
    private readonly Lock _lock = new();
    private int _finished;
    private int? _seed;

    /// <summary>Number from 1, seed and folder of the Fit that begins.</summary>
    public (int Number, int Seed, string? Directory) Begin(IHost host)
    {
        lock (_lock)
        {
            if (directory is null)
                return (1, host.Rand.Next(), null);
            _seed ??= host.Rand.Next();
            var number = _finished + 1;
            return (number, _seed.Value, number == 1 ? directory : Path.Combine(directory, $"fit-{number}"));
        }
    }

    /// <summary>Takes note that the Fit has come to its end.</summary>
    public void End()
    {
        lock (_lock)
            (_finished, _seed) = (_finished + 1, null);
    }
}
