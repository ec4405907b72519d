namespace TfKd;

/// <summary>What a convolution's attributes say beside its weights, in a form that is the same for files of different exporters.</summary>
internal static class OnnxConvolution
{
    /// <summary>
    /// Stride, padding, dilation and groups. Of the padding only what is before the image counts: behind it, exporters leave out rows that
    /// no stride reaches.
    /// </summary>
    /// <param name="node">A node of operator Conv.</param>
    /// <param name="kernel">Height and width of its kernel.</param>
    public static string Settings(OnnxNode node, IReadOnlyList<long> kernel)
    {
        var strides = Pair(node, "strides", 1);
        var dilations = Pair(node, "dilations", 1);
        var padding = Padding(node, kernel, strides, dilations);
        var groups = node.Integers.TryGetValue("group", out var group) ? group[0] : 1;
        return $"stride {Text(strides)}, padding {padding}, dilation {Text(dilations)}, groups {groups}";
    }

    private static string Padding(OnnxNode node, IReadOnlyList<long> kernel, long[] strides, long[] dilations)
    {
        // What a stride of the image's size leaves of the kernel to lie outside.
        long[] total = [.. kernel.Select((size, axis) => Math.Max(dilations[axis] * (size - 1) + 1 - strides[axis], 0))];
        switch (node.Texts.GetValueOrDefault("auto_pad", "NOTSET"))
        {
            case "SAME_UPPER": return Text([.. total.Select(size => size / 2)]);
            case "SAME_LOWER": return Text([.. total.Select(size => size - size / 2)]);
            case "VALID": return Text([0, 0]);
        }

        if (!node.Integers.TryGetValue("pads", out var pads) || pads.Count != 4)
            return Text([0, 0]);
        var isReached = Enumerable.Range(0, 2).All(axis => pads[axis] - pads[axis + 2] is >= 0 and var less && less < strides[axis]);
        return isReached ? Text([pads[0], pads[1]]) : $"{Text([pads[0], pads[1]])} before and {Text([pads[2], pads[3]])} behind";
    }

    private static long[] Pair(OnnxNode node, string name, long otherwise) =>
        node.Integers.TryGetValue(name, out var values) && values.Count == 2 ? [.. values] : [otherwise, otherwise];

    private static string Text(long[] values) => $"[{string.Join(',', values)}]";
}
