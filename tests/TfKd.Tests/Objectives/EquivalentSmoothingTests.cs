using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Which objectives are label smoothing but for a factor and a constant: told by their gradients.</summary>
public sealed class EquivalentSmoothingTests
{
    private const int Classes = 7;

    private static readonly TfKdRegularization _code =
        new() { Alpha = 0.3, Form = TfKdForm.ReferenceCode, Temperature = 20, Multiplier = 100, CorrectProbability = 0.9 };

    private static readonly Dictionary<string, Objective> _equivalent = new()
    {
        ["cross entropy"] = new CrossEntropy(),
        ["label smoothing"] = new LabelSmoothing { Smoothing = 0.3 },
        ["label smoothing, the wrong classes alone"] = new LabelSmoothing { Smoothing = 0.3, Convention = SmoothingConvention.OffTarget },
        ["Tf-KD's code"] = _code,
        ["Tf-KD's code, a small factor"] = _code with { Multiplier = 1, Temperature = 40, Alpha = 0.95 },
        ["Tf-KD's paper, not softened"] = new TfKdRegularization { Alpha = 0.3, Temperature = 1, CorrectProbability = 0.9 },
        ["Tf-KD alone, all of its weight"] = new TfKdRegularization { Alpha = 1, Temperature = 1, CorrectProbability = 0.2 },
        ["weighted by 1"] = 1 * _code,
        ["weighted"] = 0.25 * _code,
        ["with cross entropy"] = new CrossEntropy() + 2 * _code,
        ["less cross entropy"] = 3 * _code + -0.5 * new CrossEntropy(),
        ["ramped from and to the same"] = new Ramped { Inner = _code, From = 0.4, To = 0.4 },
        ["a sum in a ramp in a sum"] = 0.5 * new Ramped { Inner = new CrossEntropy() + _code, From = 2, To = 2 } + new LabelSmoothing { Smoothing = 0.2 },
    };

    private static readonly Dictionary<string, Objective> _others = new()
    {
        ["a softened student"] = new TfKdRegularization(),
        ["a softened student in a sum"] = new CrossEntropy() + new TfKdRegularization(),
        ["a ramp"] = new Ramped { Inner = _code },
        ["another term"] = _code + 0.1 * new ConfidencePenalty(),
        ["a negative factor"] = -1 * _code,
        ["nothing"] = 0 * _code,
        ["more than all smoothed"] = new TfKdRegularization { Alpha = 1, Temperature = 1, CorrectProbability = 0.01 },
        ["smoothing taken away"] = 2 * new CrossEntropy() + -1 * new LabelSmoothing(),
        ["a teacher"] = new KnowledgeDistillation(),
    };

    public static TheoryData<string> Equivalent => [.. _equivalent.Keys];

    public static TheoryData<string> Others => [.. _others.Keys];

    [Theory]
    [MemberData(nameof(Equivalent))]
    public void The_gradient_is_a_multiple_of_that_of_label_smoothing_of_the_strength(string name)
    {
        using var scope = NewDisposeScope();
        var objective = _equivalent[name];

        var actual = Gradient(objective);
        var expected = Gradient(new LabelSmoothing { Smoothing = objective.EquivalentSmoothing(Classes)!.Value });
        var factor = (actual * expected).sum() / expected.square().sum();

        Assert.True(factor.item<double>() > 0);
        Assert.True(allclose(factor * expected, actual, rtol: 1e-10, atol: 1e-12));
        // The strength is sharp: a slightly different one has another direction.
        var other = Gradient(new LabelSmoothing { Smoothing = Math.Abs(objective.EquivalentSmoothing(Classes)!.Value - 1e-3) });
        Assert.False(allclose((actual * other).sum() / other.square().sum() * other, actual, rtol: 1e-10, atol: 1e-12));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void What_is_no_label_smoothing_has_none(string name) => Assert.Null(_others[name].EquivalentSmoothing(Classes));

    [Fact]
    public void The_strength_is_the_weight_of_the_uniform_distribution_in_the_whole()
    {
        // 1 - a + a m / K = 1 for a = 0.1, m = K = 100; p' of the code at T = 20.
        var resnet18 = new TfKdRegularization { Alpha = 0.1, Temperature = 20, Form = TfKdForm.ReferenceCode, Multiplier = 100 };
        var other = 1 / (99 + Math.Exp((0.99 - 0.01 / 99) / 20));
        Assert.Equal(0.1 * 100 * other, resnet18.EquivalentSmoothing(100)!.Value, 1e-12);
        Assert.Equal(resnet18.EquivalentSmoothing(100), (1 * resnet18).EquivalentSmoothing(100));
        // As much cross entropy again halves it.
        Assert.Equal(0.1 * 100 * other / 2, (resnet18 + new CrossEntropy()).EquivalentSmoothing(100)!.Value, 1e-12);
        Assert.Equal(0, new CrossEntropy().EquivalentSmoothing(100));
        Assert.Equal("classCount", Assert.Throws<ArgumentOutOfRangeException>(() => new CrossEntropy().EquivalentSmoothing(1)).ParamName);
    }

    private static Tensor Gradient(Objective objective)
    {
        var logits = randn(5, Classes, ScalarType.Float64, generator: new Generator(3)).requires_grad_();
        objective.Evaluate(logits, tensor([0L, 3, 6, 2, 2])).backward();
        return logits.grad!;
    }
}
