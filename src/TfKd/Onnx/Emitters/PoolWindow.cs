namespace TfKd;

/// <summary>The geometry that both kinds of pooling share.</summary>
internal static class PoolWindow
{
    /// <summary>Height and width of a setting that may be absent or one number for both.</summary>
    public static long[] Pair(long[]? setting, long[] fallback) =>
        setting switch { null => fallback, [var both] => [both, both], _ => setting };

    /// <summary>
    /// ONNX's pads (top, left, bottom, right) that give Torch's output size with rounding down: in <c>ceil_mode</c> Torch and ONNX differ
    /// on when the last window counts, but for an input of known size more padding at the end says the same in both.
    /// </summary>
    public static long[] Pads(OnnxLeaf leaf, long[] kernel, long[] stride, long[] padding, long[] dilation, bool ceilMode)
    {
        if (!ceilMode)
            return [.. padding, .. padding];
        var ends = new long[2];
        for (var i = 0; i < 2; i++)
            ends[i] = Math.Max(padding[i],
                (leaf.OutputShape[2 + i] - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - leaf.Input.Shape[2 + i] - padding[i]);
        return [.. padding, .. ends];
    }
}
