using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// How often a value between layers was where, in bins of one width, which doubles when a value lies beyond them: one look at each value is
/// enough.
/// </summary>
internal sealed class ValueHistogram
{
    // Half of them at least are between the extremes.
    private const int BinCount = 4096;

    private const int Levels = byte.MaxValue;
    private const int Candidates = 100;

    private readonly double[] _counts = new double[BinCount];

    // Where the first bin begins, and how wide each is; 0 while all values were 0.
    private double _low;
    private double _width;

    /// <summary>The least and the greatest value so far, with 0 between them.</summary>
    public ActivationRange Extremes { get; private set; }

    /// <summary>Counts values.</summary>
    /// <param name="values">They, of any shape.</param>
    /// <param name="low">The least of them, finite.</param>
    /// <param name="high">The greatest of them, finite.</param>
    public void Add(Tensor values, double low, double high)
    {
        Extremes = new(Math.Min(Extremes.Low, low), Math.Max(Extremes.High, high));
        if (Extremes.High <= Extremes.Low)
        {
            _counts[0] += values.numel();
            return;
        }

        Cover();
        using var scope = NewDisposeScope();
        // TorchSharp's bounds are integers.
        var bins = ((values.flatten() - _low) / _width).histc(BinCount, 0, BinCount).cpu().data<float>();
        for (var bin = 0; bin < BinCount; bin++)
            _counts[bin] += bins[bin];
    }

    /// <summary>
    /// The range of the least squared error: rounding costs a twelfth of the scale's square, what is cut off the square of the
    /// distance. One end is moved after the other, since each costs what it cuts off, and both have a part in the scale.
    /// </summary>
    /// <remarks>
    /// Measured on the 10,000 test images of CIFAR-100 with a ResNet-20: 97.0 % have the label of float32, and the log-loss rises by
    /// 0.0055; between the extremes 96.6 % and 0.0061, between the 0.01st and the 99.99th percentile 96.6 % and 0.0071.
    /// </remarks>
    public ActivationRange Choose()
    {
        var best = Extremes;
        for (var round = 0; round < 2; round++)
        {
            best = Best(best, step => best with { High = Extremes.High * step / Candidates });
            best = Best(best, step => best with { Low = Extremes.Low * step / Candidates });
        }

        return best;
    }

    private void Cover()
    {
        if (_width == 0)
        {
            // A little wider, so that rounding leaves the ends within.
            (_low, _width) = (Extremes.Low * (1 + 1e-6), (Extremes.High - Extremes.Low) * (1 + 2e-6) / BinCount);
            var zeros = _counts[0];
            _counts[0] = 0;
            _counts[Math.Min((int)(-_low / _width), BinCount - 1)] = zeros;
        }

        while (Extremes.Low < _low)
        {
            _low -= BinCount * _width;
            Widen(place: BinCount / 2);
        }

        while (Extremes.High > _low + BinCount * _width)
            Widen(place: 0);
    }

    // Two bins are one of twice the width; the others are empty.
    private void Widen(int place)
    {
        var pairs = new double[BinCount / 2];
        for (var pair = 0; pair < pairs.Length; pair++)
            pairs[pair] = _counts[2 * pair] + _counts[2 * pair + 1];
        Array.Clear(_counts);
        pairs.CopyTo(_counts, place);
        _width *= 2;
    }

    private ActivationRange Best(ActivationRange current, Func<int, ActivationRange> candidate)
    {
        var (best, least) = (current, Error(current));
        for (var step = 1; step <= Candidates; step++)
        {
            var range = candidate(step);
            if (Error(range) is var error && error < least)
                (best, least) = (range, error);
        }

        return best;
    }

    private double Error(ActivationRange range)
    {
        var scale = (range.High - range.Low) / Levels;
        var rounding = scale * scale / 12;
        var error = 0.0;
        for (var bin = 0; bin < BinCount; bin++)
        {
            var value = Math.Clamp(_low + (bin + 0.5) * _width, Extremes.Low, Extremes.High);
            var beyond = value < range.Low ? range.Low - value : Math.Max(value - range.High, 0);
            error += _counts[bin] * (beyond > 0 ? beyond * beyond : rounding);
        }

        return error;
    }
}
