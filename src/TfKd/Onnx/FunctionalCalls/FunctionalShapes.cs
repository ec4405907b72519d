using static TorchSharp.torch;

namespace TfKd;

/// <summary>Functions that change a shape, for the shapes before and after; the batch, which comes first, is the same in both.</summary>
internal static class FunctionalShapes
{
    // What is worth trying of pools: other windows are rare.
    private static readonly long[] _windows = [2, 3, 5, 7];

    // More places than these are not tried one by one.
    private const long MostStarts = 4096;

    private static readonly (string Type, Func<Tensor, long[], bool, Tensor> Compute)[] _reductions =
    [
        ("ReduceMean", (x, dimensions, keeps) => x.mean(dimensions, keeps)),
        ("ReduceSum", (x, dimensions, keeps) => x.sum(dimensions, keeps)),
        ("ReduceMax", (x, dimensions, keeps) => x.amax(dimensions, keeps)),
        ("ReduceMin", (x, dimensions, keeps) => x.amin(dimensions, keeps)),
    ];

    public static IEnumerable<nn.Module<Tensor, Tensor>> Of(Tensor input, Tensor result)
    {
        long[] from = input.shape, to = result.shape;
        if (Count(from) == Count(to) && !from.SequenceEqual(to))
            yield return new Reshape(to[1..]);
        foreach (var guess in Orders(from, to).Concat(Reductions(from, to)).Concat(Ranges(input, result)))
            yield return guess;
        if (from.Length != 4 || to.Length != 4 || from[1] != to[1])
            yield break;
        foreach (var guess in Pools(from, to).Concat(Larger(input, result)))
            yield return guess;
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Orders(long[] from, long[] to)
    {
        if (from.Length != to.Length || from.Length is < 3 or > 6)
            return [];
        return Arrange([0], [.. Enumerable.Range(1, from.Length - 1).Select(i => (long)i)])
            .Where(order => !order.SequenceEqual(order.Order()) && order.Select(i => from[i]).SequenceEqual(to))
            .Select(order => new Permute(order));

        static IEnumerable<long[]> Arrange(long[] done, long[] left) => left.Length == 0
            ? [done]
            : left.SelectMany(next => Arrange([.. done, next], [.. left.Where(other => other != next)]));
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Reductions(long[] from, long[] to)
    {
        for (var mask = 1; from.Length <= 6 && mask < 1 << (from.Length - 1); mask++)
        {
            long[] dimensions = [.. Enumerable.Range(1, from.Length - 1).Where(i => (mask >> (i - 1) & 1) == 1).Select(i => (long)i)];
            var kept = from.Select((size, i) => dimensions.Contains(i) ? 1 : size);
            var dropped = from.Where((_, i) => !dimensions.Contains(i));
            var (keeps, drops) = (kept.SequenceEqual(to), dropped.SequenceEqual(to));
            if (!keeps && !drops)
                continue;
            foreach (var (type, compute) in _reductions)
                yield return new Reduction(type, compute, dimensions, keeps);
        }
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Ranges(Tensor input, Tensor result)
    {
        long[] from = input.shape, to = result.shape;
        for (var dimension = 1; dimension < from.Length; dimension++)
        {
            var index = dimension;
            var others = from.Where((_, i) => i != index);
            var drops = to.SequenceEqual(others);
            if (!drops && (to.Length != from.Length || to[index] >= from[index] || !to.Where((_, i) => i != index).SequenceEqual(others)))
                continue;
            var length = drops ? 1 : to[index];
            foreach (var start in Starts(input, index, length, result))
                yield return new Narrow(index, start, length, drops);
        }
    }

    // Where the first number of the result stands.
    private static List<long> Starts(Tensor input, int dimension, long length, Tensor result)
    {
        using var scope = NewDisposeScope();
        var line = input;
        for (var other = (int)input.dim() - 1; other >= 0; other--)
        {
            if (other != dimension)
                line = line.select(other, 0);
        }

        var first = result.reshape(-1)[0].item<float>();
        var numbers = line.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        return [.. Enumerable.Range(0, numbers.Length - (int)length + 1).Where(start => numbers[start] == first).Select(i => (long)i)];
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Pools(long[] from, long[] to)
    {
        if (to[2] > from[2] || to[3] > from[3] || from.SequenceEqual(to) && to[2] == 1)
            yield break;
        if (to is not [_, _, 1, 1])
        {
            foreach (var guess in Windows(from, to))
                yield return guess;
        }

        yield return nn.AdaptiveAvgPool2d((to[2], to[3]));
        yield return nn.AdaptiveMaxPool2d([to[2], to[3]]);
        if (to is [_, _, 1, 1])
        {
            foreach (var guess in Windows(from, to))
                yield return guess;
        }
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Windows(long[] from, long[] to)
    {
        foreach (var window in _windows)
        {
            for (var padding = 0L; padding <= window / 2; padding++)
            {
                foreach (var stride in new[] { 1, 2, 3, window }.Distinct())
                {
                    foreach (var guess in Windows(window, padding, stride, side => from[2 + side], side => to[2 + side]))
                        yield return guess;
                }
            }
        }
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Windows(
        long window, long padding, long stride, Func<int, long> from, Func<int, long> to)
    {
        var (down, up) = (Fits(0, false) && Fits(1, false), Fits(0, true) && Fits(1, true));
        if (!down && !up)
            yield break;
        var roundsUp = !down;
        yield return nn.MaxPool2d(window, stride, padding, ceil_mode: roundsUp);
        if (padding > 0 && !roundsUp)
            yield return nn.AvgPool2d(window, stride, padding);
        yield return nn.AvgPool2d(window, stride, padding, roundsUp, count_include_pad: false);

        bool Fits(int side, bool roundsUp)
        {
            var room = from(side) + 2 * padding - window;
            var steps = roundsUp ? (room + stride - 1) / stride : room / stride;
            // A last window must begin within the image or the padding before it.
            if (roundsUp && steps * stride >= from(side) + padding)
                steps--;
            return room >= 0 && steps + 1 == to(side);
        }
    }

    private static IEnumerable<nn.Module<Tensor, Tensor>> Larger(Tensor input, Tensor result)
    {
        long[] from = input.shape, to = result.shape;
        if (to[2] < from[2] || to[3] < from[3] || from.SequenceEqual(to))
            yield break;
        var (rows, columns) = (to[2] - from[2], to[3] - from[3]);
        if ((rows + 1) * (columns + 1) <= MostStarts && SameSum(input, result))
        {
            for (var place = 0L; place < (rows + 1) * (columns + 1); place++)
            {
                var (top, left) = (place / (columns + 1), place % (columns + 1));
                yield return nn.ZeroPad2d((left, columns - left, top, rows - top));
            }
        }

        long[] size = [to[2], to[3]];
        yield return nn.Upsample(size, mode: UpsampleMode.Nearest);
        yield return nn.Upsample(size, mode: UpsampleMode.Bilinear, align_corners: false);
        yield return nn.Upsample(size, mode: UpsampleMode.Bilinear, align_corners: true);
        yield return nn.Upsample(size, mode: UpsampleMode.Bicubic, align_corners: false);
    }

    // Of numbers without a sign, which do not cancel out.
    private static bool SameSum(Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        var (one, other) = (first.abs().sum().item<float>(), second.abs().sum().item<float>());
        return Math.Abs(one - other) <= 1e-4 * Math.Abs(one);
    }

    private static long Count(long[] shape) => shape.Aggregate((product, size) => product * size);
}
