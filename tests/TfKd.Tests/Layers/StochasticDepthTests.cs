using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class StochasticDepthTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_sample_is_zeroed_whole_or_divided_by_the_probability_of_being_kept()
    {
        random.manual_seed(4);
        using var layer = new StochasticDepth(0.25);
        var input = randn(2000, 3, 2).requires_grad_();

        var output = layer.call(input);

        var kept = output[TensorIndex.Colon, 0, 0].ne(0);
        Assert.True(output.allclose((input / 0.75).where(kept.view(-1, 1, 1), zeros_like(input)), 1e-6, 1e-6));
        // Five standard errors of 2000 draws.
        Assert.Equal(0.75, kept.to(ScalarType.Float64).mean().item<double>(), 5 * Math.Sqrt(0.25 * 0.75 / 2000));
        output.sum().backward();
        var expected = kept.to(ScalarType.Float32).view(-1, 1, 1).expand_as(input) / 0.75;
        Assert.True(input.grad!.allclose(expected, 1e-6, 1e-6));
    }

    [Fact]
    public void Evaluation_and_a_probability_of_0_change_nothing()
    {
        var input = randn(8, 3);
        using var layer = new StochasticDepth(0.5);
        using var idle = new StochasticDepth(0);
        layer.eval();
        Assert.True(layer.call(input).equal(input).all().item<bool>());
        Assert.True(idle.call(input).equal(input).all().item<bool>());
    }

    [Fact]
    public void The_global_generator_decides_as_it_does_for_dropout()
    {
        using var layer = new StochasticDepth(0.5);
        var input = ones(64, 2);
        random.manual_seed(9);
        var first = layer.call(input);
        var second = layer.call(input);
        random.manual_seed(9);
        Assert.True(first.equal(layer.call(input)).all().item<bool>());
        Assert.False(first.equal(second).all().item<bool>());
    }

    [Fact]
    public void One_tensor_is_left()
    {
        using var layer = new StochasticDepth(0.5);
        var input = ones(4, 2);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        layer.call(input);
        Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1)]
    public void No_probability_is_refused(double probability) => Assert.StartsWith(
        $"probability must be within [0, 1), but is {probability}.",
        Assert.Throws<ArgumentOutOfRangeException>(() => new StochasticDepth(probability)).Message,
        StringComparison.Ordinal);
}
