using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Temperatures at which the softened distributions differ by less than float32 tells apart: T^2 KL goes to half the variance of the
/// difference of the logits.
/// </summary>
public sealed class HighTemperatureTests
{
    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    [InlineData(1e5)]
    [InlineData(1e8)]
    public void Distillation_in_float32_has_the_value_and_gradient_of_the_limit(double temperature)
    {
        var batch = LogitBatch.Random(seed: 3, rows: 4, classes: 50);
        using var scope = NewDisposeScope();
        var (student, teacher) = (Single(batch.Student).requires_grad_(), Single(batch.Teacher));

        foreach (var objective in (Objective[])[
            new KnowledgeDistillation { Alpha = 1, Temperature = temperature },
            temperature * temperature * new SoftTargetKl { Temperature = temperature },
        ])
        {
            student.grad?.zero_();
            var value = objective.Evaluate(student, batch.LabelTensor(), teacher);
            value.backward();

            var difference = student.detach() - teacher;
            var centred = difference - difference.mean([1], keepdim: true);
            Assert.Equal((centred.square().mean([1]) / 2).mean().item<float>(), value.item<float>(), 5 / temperature + 1e-6);
            Assert.True(student.grad!.allclose(centred / (50 * 4), rtol: 0, atol: 0.5 / temperature + 1e-7));
        }
    }

    [Theory]
    [InlineData(99.999, 100.001)]
    public void Where_the_precision_changes_the_value_does_not(double below, double above)
    {
        var batch = LogitBatch.Random(seed: 4, rows: 3, classes: 10);
        foreach (var make in (Func<double, Objective>[])[
            temperature => new KnowledgeDistillation { Temperature = temperature },
            temperature => new DecoupledKd { Temperature = temperature },
            temperature => new ClassWiseSelfKd { Temperature = temperature },
        ])
            Assert.Equal(batch.Value(make(below)), batch.Value(make(above)), 1e-4);
    }

    [Fact]
    public void Teachers_that_exclude_classes_are_still_finite()
    {
        using var scope = NewDisposeScope();
        var student = tensor(new float[] { 1, 0, -1, 1e4f, 0, 0 }, [2, 3]).requires_grad_();
        var teacher = tensor(new[] { 0, float.NegativeInfinity, 2, 1, float.NegativeInfinity, float.NegativeInfinity }, [2, 3]);
        foreach (var objective in (Objective[])[new KnowledgeDistillation { Temperature = 200 }, new DecoupledKd { Temperature = 200 }])
        {
            var value = objective.Evaluate(student, tensor([0L, 1L]), teacher);
            value.backward();
            Assert.Equal(ScalarType.Float32, value.dtype);
            Assert.True(float.IsFinite(value.item<float>()));
            Assert.True(student.grad!.isfinite().all().item<bool>());
        }
    }

    private static Tensor Single(double[][] rows) => LogitBatch.ToTensor(rows, ScalarType.Float32);
}
