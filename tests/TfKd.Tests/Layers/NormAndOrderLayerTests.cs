using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Layer norm of maps, order of dimensions, and products.</summary>
public sealed class NormAndOrderLayerTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void LayerNorm2d_normalises_the_channels_of_each_position()
    {
        using var layer = new LayerNorm2d(5, 0.01);
        using (no_grad())
        {
            layer.Weight.uniform_(0.5, 1.5);
            layer.Bias.uniform_(-1, 1);
        }

        var input = randn(2, 5, 3, 4);
        var mean = input.mean([1L], keepdim: true);
        var variance = (input - mean).square().mean([1L], keepdim: true);
        var expected = (input - mean) / (variance + 0.01).sqrt() * layer.Weight.view(1, 5, 1, 1) + layer.Bias.view(1, 5, 1, 1);

        Assert.True(layer.call(input).allclose(expected, 1e-5, 1e-5));
        var channelsLast = input.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Assert.True(layer.call(channelsLast).allclose(expected, 1e-5, 1e-5));
        Assert.Equal(["bias", "weight"], layer.state_dict().Keys.Order());
    }

    [Fact]
    public void LayerNorm2d_begins_with_weights_of_1_and_an_epsilon_of_a_millionth()
    {
        using var layer = new LayerNorm2d(3);
        Assert.True(layer.Weight.eq(1).all().item<bool>() && layer.Bias.eq(0).all().item<bool>());
        Assert.Equal(1e-6, layer.Epsilon);
        Assert.Equal("channels", Assert.Throws<ArgumentOutOfRangeException>(() => new LayerNorm2d(0)).ParamName);
        Assert.Equal("epsilon", Assert.Throws<ArgumentOutOfRangeException>(() => new LayerNorm2d(3, 0)).ParamName);
    }

    [Fact]
    public void RootNormalize_is_the_root_of_each_features_share()
    {
        using var layer = new RootNormalize();
        double[] row = [0.3, 0, 2, -5, 0.07];
        var sum = row.Sum(value => Math.Max(value, 0) + 1e-4);
        var output = layer.call(tensor(row).unsqueeze(0));
        var expected = row.Select(value => Math.Sqrt((Math.Max(value, 0) + 1e-4) / sum));
        Assert.Equal(expected, output.data<double>(), (a, b) => Math.Abs(a - b) < 1e-14);
        Assert.Equal(1, output.square().sum().item<double>(), 1e-12);
        // Ten times as strong is the same picture.
        Assert.True(layer.call(tensor(row).unsqueeze(0) * 10).allclose(output, 0.01, 0.01));
        Assert.Empty(layer.state_dict());
    }

    [Fact]
    public void RootNormalize_has_the_slope_of_central_differences_and_a_finite_one_at_0()
    {
        using var layer = new RootNormalize();
        var input = (rand(3, 6, ScalarType.Float64) + 0.1).requires_grad_();
        var factors = randn(3, 6, ScalarType.Float64);
        (layer.call(input) * factors).sum().backward();
        var slopes = zeros_like(factors);
        using (no_grad())
        {
            for (var i = 0; i < 18; i++)
            {
                var step = zeros(18, ScalarType.Float64);
                step[i] = 1e-6;
                var (up, down) = (input + step.view(3, 6), input - step.view(3, 6));
                slopes.view(-1)[i] = ((layer.call(up) - layer.call(down)) * factors).sum() / 2e-6;
            }
        }

        Assert.True(input.grad!.allclose(slopes, 1e-6, 1e-8));
        var zero = zeros(2, 6, requires_grad: true);
        layer.call(zero).sum().backward();
        Assert.True(zero.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Permute_takes_the_dimensions_in_its_order()
    {
        using var layer = new Permute(0, 2, 3, 1);
        var input = randn(2, 5, 3, 4);
        Assert.Equal([2L, 3, 4, 5], layer.call(input).shape);
        Assert.Equal(input[1, 4, 2, 3].item<float>(), layer.call(input)[1, 2, 3, 4].item<float>());
    }

    [Theory]
    [InlineData(1, 0, 2)]
    [InlineData(0, 2, 2)]
    [InlineData(0, 1, 3)]
    public void Permute_refuses_what_is_no_order(long first, long second, long third) => Assert.StartsWith(
        $"dimensions must be 0, for the batch, and then the others, each once, but are [{first}, {second}, {third}].",
        Assert.Throws<ArgumentException>(() => new Permute(first, second, third)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Multiply_repeats_dimensions_of_size_1()
    {
        using var layer = new Multiply();
        var (map, factors) = (randn(2, 3, 4, 4), randn(2, 3, 1, 1));
        Assert.True(layer.call(map, factors).equal(map * factors).all().item<bool>());
    }

    [Fact]
    public void Layers_leave_one_tensor_behind()
    {
        var input = randn(2, 4, 3, 3);
        using var norm = new LayerNorm2d(4);
        using var permute = new Permute(0, 2, 3, 1);
        using var multiply = new Multiply();
        using var tokens = new MapToTokens();
        using var prepend = new PrependToken();
        using var first = new FirstToken();
        var token = ones(1, 1, 4);
        var sequence = tokens.call(input);
        Func<Tensor>[] calls =
        [
            () => norm.call(input), () => permute.call(input), () => multiply.call(input, input), () => tokens.call(input),
            () => prepend.call(sequence, token), () => first.call(sequence),
        ];
        foreach (var call in calls)
        {
            var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            call();
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
    }
}
