using TeacherFreeCifar;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The control of the study whose teacher tells no wrong class from another.</summary>
public sealed class LevelledTeacherTests
{
    private const double Temperature = 4;
    private static readonly double[,] _student = { { 0.5, -1, 2, 0.25 }, { -3, 1, 0, 0.75 } };
    private static readonly double[,] _teacher = { { 7, 1, -2, 3 }, { 0.5, -4, 2, 9 } };
    private static readonly long[] _labels = [0, 2];
    private static readonly LevelledTeacher _levelled = new() { Inner = new SoftTargetKl { Temperature = Temperature } };

    [Fact]
    public void The_labels_class_keeps_its_softened_probability_and_the_others_share_the_rest()
    {
        using var scope = NewDisposeScope();
        using var student = tensor(_student, requires_grad: true);
        using var loss = _levelled.Evaluate(student, tensor(_labels), tensor(_teacher));
        loss.backward();
        var (value, gradient) = (0.0, student.grad!.data<double>().ToArray());
        for (var row = 0; row < 2; row++)
        {
            var (p, plain) = (Softened(_student, row), Softened(_teacher, row));
            var q = Enumerable.Range(0, 4).Select(k => k == _labels[row] ? plain[k] : (1 - plain[_labels[row]]) / 3).ToArray();
            for (var k = 0; k < 4; k++)
            {
                value += q[k] * Math.Log(q[k] / p[k]) / 2;
                Assert.Equal((p[k] - q[k]) / Temperature / 2, gradient[(4 * row) + k], 1e-12);
            }

            float[] logits = [.. Enumerable.Range(0, 4).Select(k => (float)_teacher[row, k])];
            var target = _levelled.SoftTargetOf((int)_labels[row], 4, logits)!;
            Assert.Equal(Temperature, target.Temperature);
            Assert.Equal(q, target.Probabilities, (one, other) => Math.Abs(one - other) < 1e-6);
        }

        Assert.Equal(value, loss.item<double>(), 1e-12);
    }

    [Fact]
    public void Of_two_classes_it_is_the_objective_within()
    {
        using var scope = NewDisposeScope();
        var (student, teacher, labels) = (randn(8, 2, ScalarType.Float64), randn(8, 2, ScalarType.Float64) * 5, randint(0, 2, [8]));
        Assert.Equal(
            _levelled.Inner.Evaluate(student, labels, teacher).item<double>(),
            _levelled.Evaluate(student, labels, teacher).item<double>(), 1e-12);
    }

    private static double[] Softened(double[,] logits, int row)
    {
        var powers = Enumerable.Range(0, logits.GetLength(1)).Select(k => Math.Exp(logits[row, k] / Temperature)).ToArray();
        return Array.ConvertAll(powers, power => power / powers.Sum());
    }
}
