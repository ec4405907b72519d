using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The linear layers and convolutions that are tried for a tensor, each with the weights and biases that have its shape.
/// </summary>
/// <param name="result">The tensor that is to be explained.</param>
/// <param name="constants">What does not depend on the images: parameters, and what was made of them.</param>
internal sealed class FunctionalProducts(TracedValue result, IReadOnlyList<TracedValue> constants)
{
    private const long MostDilation = 4;

    // How far a bias may be off what is left of a sum, of the largest number in it.
    private const double Loose = 1e-4;

    private static readonly long[] _strides = [1, 2, 3, 4];

    private readonly long[] _shape = result.Content.shape;

    /// <summary>The product of a value that gives the tensor, with what it reads; null: there is none.</summary>
    public (FunctionalProduct Layer, TracedValue[] Inputs)? Find(TracedValue value)
    {
        foreach (var weight in constants)
        {
            if (ReferenceEquals(weight, value) || weight.Content.dtype != result.Content.dtype)
                continue;
            foreach (var layer in Forms(value.Content.shape, weight.Content.shape))
            {
                if (Fitting(layer, value, weight) is { } inputs)
                    return (layer, inputs);
            }
        }

        return null;
    }

    private TracedValue[]? Fitting(FunctionalProduct layer, TracedValue value, TracedValue weight)
    {
        using var scope = NewDisposeScope();
        if (layer is FunctionalConvolution convolution && !Plausible(convolution, value.Content, weight.Content))
            return null;
        var product = layer.forward([value.Content, weight.Content]);
        if (TensorMatch.Same(product, result.Content))
            return [value, weight];
        var channels = layer is FunctionalConvolution ? 1 : _shape.Length - 1;
        var rest = (result.Content - product).transpose(0, channels).reshape([_shape[channels], -1]);
        var (room, left) = (product.abs().max().item<float>() * Loose, rest[TensorIndex.Colon, 0]);
        if (!((rest - left.unsqueeze(1)).abs().max().item<float>() <= 2 * room))
            return null;
        foreach (var bias in constants.Where(bias => bias.Content.shape is [var length] && length == _shape[channels]))
        {
            if (bias.Content.dtype == left.dtype && (bias.Content - left).abs().max().item<float>() <= room
                && TensorMatch.Same(layer.forward([value.Content, weight.Content, bias.Content]), result.Content))
                return [value, weight, bias];
        }

        return null;
    }

    // Two places rule out nearly all, at little cost; of their difference no bias is left.
    private bool Plausible(FunctionalConvolution layer, Tensor value, Tensor weight)
    {
        var (rows, columns) = (_shape[2], _shape[3]);
        if (rows * columns < 2)
            return true;
        var (above, left) = layer.Padding;
        var padded = nn.functional.pad(value, [left, left, above, above]);
        var (one, other) = (Made(rows / 2, columns / 2), Made(0, 0));
        var expected = result.Content[TensorIndex.Ellipsis, rows / 2, columns / 2] - result.Content[TensorIndex.Ellipsis, 0, 0];
        var room = (one.abs() + other.abs()).max().item<float>() * Loose;
        return (one - other - expected).abs().max().item<float>() <= room;

        Tensor Made(long row, long column)
        {
            var window = padded.narrow(2, row * layer.Stride, Extent(0)).narrow(3, column * layer.Stride, Extent(1));
            return nn.functional.conv2d(window, weight, dilation: [layer.Dilation, layer.Dilation], groups: layer.Groups).flatten(1);
        }

        long Extent(int side) => layer.Dilation * (layer.Kernel[side] - 1) + 1;
    }

    private IEnumerable<FunctionalProduct> Forms(long[] from, long[] weight) => weight switch
    {
        [var outputs, var inputs] when from.Length >= 2 && from[^1] == inputs && _shape.SequenceEqual([.. from[..^1], outputs]) =>
            [new FunctionalLinear()],
        [var outputs, var inputs, _, _] when from is [var batch, var channels, _, _] && channels % inputs == 0
            && outputs % (channels / inputs) == 0 && _shape is [var same, var found, _, _] && (same, found) == (batch, outputs) =>
            Convolutions(from, weight),
        _ => [],
    };

    private IEnumerable<FunctionalConvolution> Convolutions(long[] from, long[] weight)
    {
        var kernel = weight[2..];
        for (var dilation = 1L; dilation <= (kernel is [1, 1] ? 1 : MostDilation); dilation++)
        {
            // One place has no stride.
            foreach (var stride in _shape is [_, _, 1, 1] ? _strides[..1] : _strides.Union(kernel))
            {
                foreach (var rows in Paddings(0, stride, dilation))
                {
                    foreach (var columns in Paddings(1, stride, dilation))
                    {
                        yield return new()
                        {
                            Kernel = kernel,
                            Stride = stride,
                            Dilation = dilation,
                            Groups = from[1] / weight[1],
                            Padding = (rows, columns),
                        };
                    }
                }
            }
        }

        // More zeros than the window is wide would give numbers of zeros alone.
        IEnumerable<long> Paddings(int side, long stride, long dilation)
        {
            var window = dilation * (kernel[side] - 1);
            for (var padding = 0L; padding <= window; padding++)
            {
                var room = from[2 + side] + 2 * padding - window - 1;
                if (room >= 0 && room / stride + 1 == _shape[2 + side])
                    yield return padding;
            }
        }
    }
}
