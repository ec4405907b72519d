namespace TfKd;

/// <summary>
/// Weights as integers with a scale for each output channel and no offset: w is about scale * q, no further from it than half a scale, and
/// 0 is 0.
/// </summary>
/// <param name="Scales">Of each channel.</param>
/// <param name="Values">In the order of the weights.</param>
internal sealed record ChannelWeights(float[] Scales, sbyte[] Values)
{
    /// <summary>The largest of 8 bits; the smallest, -128, is not used.</summary>
    public const int Limit = 127;

    /// <summary>
    /// The largest of 7 bits: two products of such a weight with 8 bits then fit into 16, where processors without VNNI add them up.
    /// </summary>
    public const int ReducedLimit = 63;

    public const float SmallestScale = 1e-12f;

    /// <param name="weights">The weights.</param>
    /// <param name="leastScales">A scale for each channel that it must not be below.</param>
    /// <param name="isLast">Whether channels are the last dimension of the weights; otherwise they are the first.</param>
    /// <param name="limit">The largest integer.</param>
    public static ChannelWeights Of(ReadOnlySpan<float> weights, ReadOnlySpan<double> leastScales, bool isLast, int limit)
    {
        var channels = leastScales.Length;
        var perChannel = weights.Length / channels;
        var scales = new float[channels];
        for (var i = 0; i < weights.Length; i++)
        {
            ref var scale = ref scales[Channel(i)];
            scale = Math.Max(scale, Math.Abs(weights[i]) / limit);
        }

        for (var channel = 0; channel < channels; channel++)
            scales[channel] = Math.Max(scales[channel], Math.Max((float)leastScales[channel], SmallestScale));
        var values = new sbyte[weights.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (sbyte)Math.Clamp(MathF.Round(weights[i] / scales[Channel(i)]), -limit, limit);
        return new(scales, values);

        int Channel(int index) => isLast ? index % channels : index / perChannel;
    }
}
