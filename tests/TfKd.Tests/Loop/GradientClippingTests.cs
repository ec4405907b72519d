using TorchSharp;

namespace TfKd.Tests;

public sealed class GradientClippingTests
{
    private static readonly DecodedCache _rows = PatternSource.Create(16);

    // One step of all rows.
    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 1,
        Optimizer = new Sgd { LearningRate = 0.05, Momentum = 0, WeightDecay = 0 },
        Schedule = new ConstantSchedule(),
        Seed = 3,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(0.1)]
    public void A_long_gradient_is_scaled_to_the_norm_over_all_that_learns(double backboneFactor)
    {
        var plan = _plan with { BackboneLearningRateFactor = backboneFactor };
        var (gradient, _) = Step(plan);
        var norm = Math.Sqrt(gradient.Sum(value => (double)value * value));
        Assert.True(norm > 0.2, $"norm {norm}");
        var (clipped, _) = Step(plan with { MaxGradientNorm = norm / 4 });
        Assert.Equal(gradient.Length, clipped.Length);
        // Divided by the norm plus 1e-6, as elsewhere, so that a norm of 0 is no error.
        var scale = norm / 4 / (norm + 1e-6);
        for (var i = 0; i < gradient.Length; i++)
            Assert.Equal(gradient[i] * scale, clipped[i], 1e-6);
        Assert.Equal(norm / 4, Math.Sqrt(clipped.Sum(value => (double)value * value)), 1e-5);
    }

    [Fact]
    public void A_short_gradient_stays_as_it_is()
    {
        var (gradient, weights) = Step(_plan);
        var (same, sameWeights) = Step(_plan with { MaxGradientNorm = 1e6 });
        Assert.Equal(gradient, same);
        Assert.Equal(weights, sameWeights);
        Assert.NotEqual(weights, Step(_plan with { MaxGradientNorm = 0.01 }).Weights);
    }

    [Fact]
    public void It_is_part_of_the_plan_where_it_is_set()
    {
        Assert.DoesNotContain("norm:", _plan.Describe(), StringComparison.Ordinal);
        Assert.Contains(
            "\nMaximum gradient norm: 0.5\nSchedule: ", (_plan with { MaxGradientNorm = 0.5 }).Describe(), StringComparison.Ordinal);
        Assert.Equal(
            "MaxGradientNorm must be above 0 and finite, but is 0. (Parameter 'MaxGradientNorm')\nActual value was 0.",
            Assert.Throws<ArgumentOutOfRangeException>(() => _plan with { MaxGradientNorm = 0 }).Message.ReplaceLineEndings("\n"));
    }

    private static (float[] Gradient, float[] Weights) Step(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _rows.Shape, Width = 4 }, 4);
        trainer.Run(student, _rows);
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        // The gradients of the last step are there until the next one clears them.
        var parameters = student.parameters().ToList();
        return ([.. parameters.SelectMany(parameter => ToArray(parameter.grad!))], [.. parameters.SelectMany(ToArray)]);
    }

    private static float[] ToArray(torch.Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
}
