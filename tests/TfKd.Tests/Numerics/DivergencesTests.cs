using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class DivergencesTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Kl_from_a_target_with_zeros_counts_only_the_rest(ScalarType type)
    {
        var logTarget = tensor([0, double.NegativeInfinity, double.NegativeInfinity], [1, 3], type);
        var logProbabilities = tensor([Math.Log(0.5), Math.Log(0.25), Math.Log(0.25)], [1, 3], type).requires_grad_();

        var kl = Divergences.Kl(logTarget, logProbabilities);
        kl.sum().backward();

        Assert.Equal(Math.Log(2), kl[0].to(ScalarType.Float64).item<double>(), 2e-3);
        Assert.Equal([-1, 0, 0], logProbabilities.grad!.to(ScalarType.Float64).data<double>().ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public void Kl_of_zero_from_zero_is_zero(double temperature)
    {
        var logTarget = tensor([0, double.NegativeInfinity], [1, 2]);
        var logProbabilities = tensor([0, double.NegativeInfinity], [1, 2]).requires_grad_();

        var kl = Divergences.Kl(logTarget, logProbabilities, temperature);
        kl.sum().backward();

        Assert.Equal(0, kl[0].item<double>());
        Assert.True(logProbabilities.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Kl_to_a_probability_of_zero_is_infinite_where_the_target_is_not_zero()
    {
        var kl = Divergences.Kl(tensor([Math.Log(0.5), Math.Log(0.5)], [1, 2]), tensor([0, double.NegativeInfinity], [1, 2]));

        Assert.Equal(double.PositiveInfinity, kl[0].item<double>());
    }

    [Fact]
    public void Kl_takes_the_target_as_a_constant()
    {
        var logTarget = tensor([-0.5, -1], [1, 2]).requires_grad_();
        var logProbabilities = tensor([-1, -0.5], [1, 2]).requires_grad_();

        Divergences.Kl(logTarget, logProbabilities).sum().backward();

        Assert.Null(logTarget.grad);
        Assert.NotNull(logProbabilities.grad);
    }

    [Fact]
    public void Kl_shows_a_nan_of_the_target() =>
        Assert.True(double.IsNaN(Divergences.Kl(tensor([double.NaN, 0], [1, 2]), tensor([-0.7, -0.7], [1, 2]))[0].item<double>()));

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Log_softmax_of_extreme_logits_is_finite(ScalarType type)
    {
        var logProbabilities = Divergences.LogSoftmax(tensor([1e4, -1e4, 0], [1, 3], type), 0.5);

        Assert.Equal([0, -4e4, -2e4], logProbabilities.to(ScalarType.Float64).data<double>().ToArray());
    }

    [Fact]
    public void Temperature_divides_the_logits()
    {
        var logits = tensor([1.0, 2, 4], [1, 3]);

        Assert.True(allclose(Divergences.LogSoftmax(logits / 4), Divergences.LogSoftmax(logits, 4), rtol: 1e-14));
    }

    [Fact]
    public void Cross_entropy_of_a_one_hot_target_is_the_likelihood_of_its_label()
    {
        var logProbabilities = Divergences.LogSoftmax(tensor([1.0, 2, 4, 0, 0, 1], [2, 3]));
        var labels = tensor([2L, 0L]);

        var expected = Divergences.NegativeLogLikelihood(labels, logProbabilities);
        var value = Divergences.CrossEntropy(nn.functional.one_hot(labels, 3).to(ScalarType.Float64), logProbabilities);

        Assert.Equal([2], value.shape);
        Assert.True(allclose(expected, value, rtol: 1e-14));
        Assert.True(allclose(nn.functional.cross_entropy(logProbabilities, labels, reduction: nn.Reduction.None), value, rtol: 1e-12));
    }
}
