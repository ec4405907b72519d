using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Numbers to put into the place of a layer's result, so that what reads it shows what it does: of both signs, between the places where
/// activations bend and far beyond, and no two of them the same. A network's own results may all be where two functions are one. The same
/// numbers each time, and none of Torch's global generator.
/// </summary>
/// <param name="seed">Where the numbers begin.</param>
/// <param name="scale">How large they are: those of 1 go far beyond where activations bend, and exponentials of their sums are 0.</param>
internal sealed class WideValues(uint seed, float scale = 1)
{
    // Small tensors have both signs, too; beyond these they are drawn, so that two tensors do not have the same everywhere.
    private const int FixedSigns = 4;

    // The first come in small tensors too.
    private static readonly float[] _magnitudes = [8, -0.5f, 2, -5, 0.2f, -1.5f, 24, -0.05f, 4, -2.2f, 0.7f, -12, 1.2f, -0.2f, 5.2f, -30];

    private uint _state = seed;

    /// <summary>Whether the numbers go far beyond those of 1.</summary>
    public bool IsLarge => scale > 1;

    /// <summary>A tensor like another, with such numbers.</summary>
    public Tensor Like(Tensor pattern)
    {
        var values = new float[pattern.numel()];
        for (var i = 0; i < values.Length; i++)
        {
            var magnitude = _magnitudes[i % _magnitudes.Length] * (1 + (Next() >> 9) * (0.15f / (1 << 23)));
            values[i] = Next() >> 31 == 0 || i < FixedSigns ? scale * magnitude : -scale * magnitude;
        }

        using var scope = NewDisposeScope();
        return tensor(values, [.. pattern.shape]).to(pattern.dtype).to(pattern.device).MoveToOuterDisposeScope();
    }

    /// <summary>Puts such numbers into the place of a layer's result: where it is, or in a tensor of their own.</summary>
    public Tensor Replace(Tensor output, bool inPlace)
    {
        if (!output.is_floating_point())
            return output;
        var other = Like(output);
        if (!inPlace)
            return other;
        using (other)
            return output.copy_(other);
    }

    // A linear congruential generator of period 2^32.
    private uint Next() => _state = _state * 1664525 + 1013904223;
}
