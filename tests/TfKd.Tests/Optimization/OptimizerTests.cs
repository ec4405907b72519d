using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What each optimiser does to a weight, against its formula in plain C#.</summary>
public sealed class OptimizerTests
{
    private const int Steps = 5;
    private const double Start = 0.7;

    public static TheoryData<OptimizerSettings> All =>
    [
        new Sgd(), new Sgd { Nesterov = true, Momentum = 0.8 }, new AdamW(), new Adam { WeightDecay = 0.01 },
        new RmsProp { Momentum = 0.5, WeightDecay = 0.01 }, new RmsProp(), new Lamb(),
        new Lamb { LearningRate = 0.1, WeightDecay = 0.3, Beta1 = 0.8, Beta2 = 0.9, Epsilon = 0.01 },
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void Steps_follow_the_formula(OptimizerSettings settings)
    {
        using var scope = NewDisposeScope();
        using var weight = new Parameter(tensor([Start], ScalarType.Float64));
        using var optimizer = settings.Create([weight]);
        for (var step = 1; step <= Steps; step++)
        {
            optimizer.zero_grad();
            // The gradient is the cube of the weight, and another one at each step.
            (weight.pow(4) / 4).sum().backward();
            optimizer.step();
        }

        Assert.Equal(Expected(settings), weight.item<double>(), 12);
    }

    [Fact]
    public void Lamb_scales_each_tensor_by_its_own_length()
    {
        using var scope = NewDisposeScope();
        using var weights = new Parameter(tensor([3.0, 4.0], ScalarType.Float64));
        using var none = new Parameter(zeros(2, ScalarType.Float64));
        using var optimizer = new Lamb { LearningRate = 0.1, WeightDecay = 0, Epsilon = 1e-12 }.Create([weights, none]);
        // Adam's first direction is the gradient's sign.
        ((weights * tensor([2.0, -8.0], ScalarType.Float64)).sum() + none.sum()).backward();
        optimizer.step();
        var step = 0.1 * 5 / Math.Sqrt(2);
        Assert.Equal([3 - step, 4 + step], weights.data<double>().ToArray(), (left, right) => Math.Abs(left - right) < 1e-9);
        Assert.Equal([-0.1, -0.1], none.data<double>().ToArray(), (left, right) => Math.Abs(left - right) < 1e-9);
    }

    private static double Expected(OptimizerSettings settings)
    {
        var (weight, mean, square) = (Start, 0.0, 0.0);
        for (var step = 1; step <= Steps; step++)
        {
            var gradient = weight * weight * weight;
            weight = settings switch
            {
                Sgd sgd => SgdStep(sgd, gradient + sgd.WeightDecay * weight, step),
                AdamW adam => AdamStep(
                    weight * (1 - adam.LearningRate * adam.WeightDecay), gradient, adam.LearningRate, (adam.Beta1, adam.Beta2, adam.Epsilon),
                    step),
                Adam adam => AdamStep(
                    weight, gradient + adam.WeightDecay * weight, adam.LearningRate, (adam.Beta1, adam.Beta2, adam.Epsilon), step),
                Lamb lamb => LambStep(lamb, gradient, step),
                RmsProp rms => RmsStep(rms, gradient + rms.WeightDecay * weight),
                _ => throw new ArgumentException($"There is no formula for {settings}."),
            };
        }

        return weight;

        double SgdStep(Sgd sgd, double gradient, int step)
        {
            mean = step == 1 ? gradient : sgd.Momentum * mean + gradient;
            return weight - sgd.LearningRate * (sgd.Nesterov ? gradient + sgd.Momentum * mean : mean);
        }

        double AdamStep(double from, double gradient, double rate, (double Beta1, double Beta2, double Epsilon) numbers, int step)
        {
            mean = numbers.Beta1 * mean + (1 - numbers.Beta1) * gradient;
            square = numbers.Beta2 * square + (1 - numbers.Beta2) * gradient * gradient;
            var corrected = mean / (1 - Math.Pow(numbers.Beta1, step));
            return from - rate * corrected / (Math.Sqrt(square / (1 - Math.Pow(numbers.Beta2, step))) + numbers.Epsilon);
        }

        double LambStep(Lamb lamb, double gradient, int step)
        {
            mean = lamb.Beta1 * mean + (1 - lamb.Beta1) * gradient;
            square = lamb.Beta2 * square + (1 - lamb.Beta2) * gradient * gradient;
            var corrected = mean / (1 - Math.Pow(lamb.Beta1, step));
            var direction = corrected / (Math.Sqrt(square / (1 - Math.Pow(lamb.Beta2, step))) + lamb.Epsilon) + lamb.WeightDecay * weight;
            // Of a single weight, the direction's length is its size.
            return weight - lamb.LearningRate * Math.Abs(weight) / Math.Abs(direction) * direction;
        }

        double RmsStep(RmsProp rms, double gradient)
        {
            square = rms.Alpha * square + (1 - rms.Alpha) * gradient * gradient;
            mean = rms.Momentum * mean + gradient / (Math.Sqrt(square) + rms.Epsilon);
            return weight - rms.LearningRate * mean;
        }
    }
}
