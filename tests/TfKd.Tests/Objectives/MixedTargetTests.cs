using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Rows whose target is a mixture of two classes, as mixing images makes them.</summary>
public sealed class MixedTargetTests
{
    private const int Rows = 4;
    private const int Classes = 5;

    [Theory]
    [MemberData(nameof(ObjectiveCases.NamesForMixtures), MemberType = typeof(ObjectiveCases))]
    public void Distribution_of_one_class_is_the_same_as_its_label(string name)
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 5, Rows, Classes);

        var value = Compute(name, batch, Targets.FromProbabilities(OneHot(batch)));

        Assert.Equal(batch.Value(ObjectiveCases.All[name]), value, 1e-9);
    }

    [Theory]
    [MemberData(nameof(ObjectiveCases.NamesForMixtures), MemberType = typeof(ObjectiveCases))]
    public void Value_of_a_mixture_is_the_mixture_of_the_values(string name)
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 6, Rows, Classes);
        var other = batch with { Labels = [.. batch.Labels.Select(label => (label + 2) % Classes)] };

        var value = Compute(name, batch, Targets.FromProbabilities(0.3 * OneHot(batch) + 0.7 * OneHot(other)));

        Assert.Equal(0.3 * batch.Value(ObjectiveCases.All[name]) + 0.7 * other.Value(ObjectiveCases.All[name]), value, 1e-9);
    }

    [Theory]
    [MemberData(nameof(ObjectiveCases.NamesForLabels), MemberType = typeof(ObjectiveCases))]
    public void Objectives_of_one_class_a_row_refuse_mixtures(string name)
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 5, Rows, Classes);

        var error = Assert.Throws<InvalidOperationException>(() => Compute(name, batch, Targets.FromProbabilities(OneHot(batch))));

        Assert.Equal("The objective needs one class a row, but the targets are mixtures.", error.Message);
    }

    [Fact]
    public void Tf_kd_regularization_of_a_mixture_has_the_gradient_of_the_mixed_softened_teachers()
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 7, Rows, Classes);
        var other = batch with { Labels = [.. batch.Labels.Select(label => (label + 1) % Classes)] };
        var mixture = 0.4 * OneHot(batch) + 0.6 * OneHot(other);
        var softened = VirtualDistribution.Soften(Classes, 0.99, 20, TfKdForm.Paper);
        var mixedTeacher = mixture * (softened.Correct - softened.Other) + softened.Other;

        var student = LogitBatch.ToTensor(batch.Student).requires_grad_();
        using var log = new LossLog();
        new TfKdRegularization { Alpha = 1 }.Compute(Input(student, Targets.FromProbabilities(mixture), batch, log)).backward();
        var reference = LogitBatch.ToTensor(batch.Student).requires_grad_();
        Divergences.Kl(mixedTeacher.log(), Divergences.LogSoftmax(reference, 20)).mean().backward();

        Assert.True(allclose(reference.grad!, student.grad!, rtol: 1e-9, atol: 1e-12));
    }

    private static Tensor OneHot(LogitBatch batch) => nn.functional.one_hot(batch.LabelTensor(), Classes).to(ScalarType.Float64);

    private static double Compute(string name, LogitBatch batch, Targets targets)
    {
        var objective = ObjectiveCases.All[name];
        using var log = new LossLog();
        using var states = Evaluation.States(objective, Classes, ScalarType.Float64);
        var input = Input(LogitBatch.ToTensor(batch.Student), targets, batch, log) with { States = states };
        return objective.Compute(input).item<double>();
    }

    private static ObjectiveInput Input(Tensor student, Targets targets, LogitBatch batch, LossLog log) =>
        new(new NetworkOutput(student), targets, new TeacherSignal(LogitBatch.ToTensor(batch.Teacher)), new TrainingProgress(0, 1, 0), log);
}
