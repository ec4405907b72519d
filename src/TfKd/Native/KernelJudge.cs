namespace TfKd;

/// <summary>Judges convolutions on paths, each once: from memory where it can, and without running what would end the process.</summary>
/// <param name="probe">Runs a convolution.</param>
/// <param name="store">Verdicts of earlier runs; new ones are added.</param>
/// <param name="isFatal">What must not be run.</param>
internal sealed class KernelJudge(
    IConvolutionProbe probe, KernelVerdictStore store, Func<ConvolutionSignature, ComputePath, bool> isFatal)
{
    private readonly Dictionary<(ConvolutionSignature, ComputePath), KernelVerdict> _known = [];
    private readonly List<KernelVerdict> _verdicts = [];

    /// <summary>The verdicts, in the order in which they were asked for.</summary>
    public IReadOnlyList<KernelVerdict> Verdicts => _verdicts;

    /// <summary>How many of them are from an earlier run.</summary>
    public int Remembered { get; private set; }

    /// <summary>Judges every one, also after one that is wrong: the user is told how many are.</summary>
    public bool AllAreRight(IReadOnlyList<ConvolutionSignature> convolutions, ComputePath path) =>
        convolutions.Select(convolution => Judge(convolution, path)).ToList().TrueForAll(verdict => verdict.IsRight);

    private KernelVerdict Judge(ConvolutionSignature convolution, ComputePath path)
    {
        if (_known.TryGetValue((convolution, path), out var known))
            return known;
        var verdict = Find(convolution, path);
        _known.Add((convolution, path), verdict);
        _verdicts.Add(verdict);
        return verdict;
    }

    private KernelVerdict Find(ConvolutionSignature convolution, ComputePath path)
    {
        if (isFatal(convolution, path))
            return new KernelVerdict(convolution.ToString(), path, Error: null, Milliseconds: null);
        if (store.Find(convolution, path) is { } remembered)
        {
            Remembered++;
            return remembered;
        }
        var verdict = probe.Run(convolution, path);
        store.Add(convolution, verdict);
        return verdict;
    }
}
