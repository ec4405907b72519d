using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class SelfAttentionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public SelfAttentionTests() => random.manual_seed(2);

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(12, 1, 5)]
    [InlineData(12, 3, 7)]
    [InlineData(64, 2, 33)]
    public void Values_and_gradients_are_those_of_the_formula(int width, int heads, int length)
    {
        using var layer = new SelfAttention(width, heads);
        layer.to(ScalarType.Float64);
        using (no_grad())
            layer.InputBias.normal_();
        var input = randn(2, length, width, ScalarType.Float64).requires_grad_();

        var actual = Gradients(layer.call(input), layer, input);
        var expected = Gradients(Formula(layer, input), layer, input);

        Assert.Equal(6, expected.Count);
        Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.allclose(pair.Second, 1e-9, 1e-9)));
        Assert.All(expected, gradient => Assert.True(gradient.abs().max().item<double>() > 0));
    }

    [Fact]
    public void Single_precision_is_close_to_double()
    {
        using var layer = new SelfAttention(64, 4);
        var input = randn(3, 50, 64);
        var single = layer.call(input).to(ScalarType.Float64);
        layer.to(ScalarType.Float64);
        Assert.True(single.allclose(layer.call(input.to(ScalarType.Float64)), 1e-4, 1e-5));
    }

    [Fact]
    public void Weights_of_the_mean_are_dropped_in_training_only()
    {
        using var layer = new SelfAttention(8, 2, 0.5);
        var input = randn(2, 6, 8);
        Assert.False(layer.call(input).equal(layer.call(input)).all().item<bool>());
        layer.eval();
        Assert.True(layer.call(input).equal(layer.call(input)).all().item<bool>());
    }

    [Fact]
    public void Keys_are_those_of_PyTorch() => Assert.Equal(
        ["in_proj_bias [24]", "in_proj_weight [24,8]", "out_proj.bias [8]", "out_proj.weight [8,8]"],
        new SelfAttention(8, 2).state_dict().Select(entry => $"{entry.Key} [{string.Join(',', entry.Value.shape)}]").Order());

    [Fact]
    public void One_tensor_is_left_and_none_after_the_layer()
    {
        var input = randn(2, 6, 8);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var layer = new SelfAttention(8, 2))
        {
            var built = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            layer.call(input).Dispose();
            Assert.Equal(built, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.StartsWith(
            "width must divide by heads, 3, but is 8.",
            Assert.Throws<ArgumentException>(() => new SelfAttention(8, 3)).Message,
            StringComparison.Ordinal);
        using var layer = new SelfAttention(8, 2);
        Assert.StartsWith(
            "input must have shape [N,L,8], but has [2,6,9].",
            Assert.Throws<ArgumentException>(() => layer.call(zeros(2, 6, 9))).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "input must have shape [N,L,8], but has [2,8].",
            Assert.Throws<ArgumentException>(() => layer.call(zeros(2, 8))).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Head by head, with nothing but products and a softmax.</summary>
    private static Tensor Formula(SelfAttention layer, Tensor input)
    {
        var width = layer.Width / layer.Heads;
        var heads = Enumerable.Range(0, layer.Heads).Select(head =>
        {
            var (query, key, value) = (Part(0, head), Part(1, head), Part(2, head));
            return query.matmul(key.transpose(1, 2)).div(Math.Sqrt(width)).softmax(-1).matmul(value);
        });
        return cat([.. heads], 2).matmul(layer.Output.weight.t()) + layer.Output.bias!;

        Tensor Part(int index, int head)
        {
            var first = index * layer.Width + head * width;
            return input.matmul(layer.InputWeight.narrow(0, first, width).t()) + layer.InputBias.narrow(0, first, width);
        }
    }

    /// <summary>The result, and the gradients of input and parameters of a sum that tells all of its numbers apart.</summary>
    private static List<Tensor> Gradients(Tensor output, SelfAttention layer, Tensor input)
    {
        layer.zero_grad();
        input.grad = null;
        var weights = arange(output.numel(), ScalarType.Float64).sin().view(output.shape);
        (output * weights).sum().backward();
        return [output.detach(), input.grad!.clone(), .. layer.parameters().Select(parameter => parameter.grad!.clone())];
    }
}
