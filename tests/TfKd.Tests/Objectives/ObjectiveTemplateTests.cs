using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// What <see cref="Objective.Compute"/> does for the authors of objectives: it disposes what they leave, and nothing else.
/// </summary>
public sealed class ObjectiveTemplateTests : IDisposable
{
    private static readonly Dictionary<string, Func<Objective, Objective>> _wrappers = new()
    {
        ["alone"] = objective => objective,
        ["weighted"] = objective => 2 * objective,
        ["in a sum"] = objective => objective + new CrossEntropy() + 0.5 * objective,
        ["ramped"] = objective => new Ramped { Inner = objective },
        ["standardised"] = objective => new LogitStandardization { Inner = objective },
        ["in all of them"] = objective => 3 * new Ramped { Inner = new LogitStandardization { Inner = objective } } + new CrossEntropy(),
    };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly LossLog _log = new();

    public static TheoryData<string> Wrappers => [.. _wrappers.Keys];

    public void Dispose()
    {
        _log.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [MemberData(nameof(Wrappers))]
    public void What_a_careless_objective_leaves_is_disposed(string wrapper)
    {
        var objective = _wrappers[wrapper](new Careless());
        var input = Input();
        objective.Compute(input).Dispose();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        for (var i = 0; i < 10; i++)
        {
            using var value = objective.Compute(input);
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            Assert.True(double.IsFinite(value.item<double>()));
        }

        Assert.False(input.Student.Logits.IsInvalid);
        Assert.False(input.RequireTeacher().Logits.IsInvalid);
    }

    [Theory]
    [MemberData(nameof(Wrappers))]
    public void A_tensor_that_an_objective_holds_outlives_its_results(string wrapper)
    {
        var held = tensor(1.5, ScalarType.Float64, requires_grad: true).DetachFromDisposeScope();
        var objective = _wrappers[wrapper](new Returning(_ => held));
        for (var i = 0; i < 3; i++)
        {
            using var step = NewDisposeScope();
            using var value = objective.Compute(Input());
            value.backward();
        }

        Assert.False(held.IsInvalid);
        Assert.True(held.grad!.item<double>() > 0);
        held.Dispose();
    }

    [Fact]
    public void An_argument_that_an_objective_returns_stays_in_its_scope()
    {
        using var outer = NewDisposeScope();
        using var inner = NewDisposeScope();
        var input = Input();
        var feature = input.Student.Features[0];

        using (var value = new Returning(given => given.Student.Features[0]).Compute(input))
            Assert.Equal(7, value.item<double>());

        Assert.False(feature.IsInvalid);
        Assert.True(inner.Contains(feature));
    }

    [Fact]
    public void Something_else_than_a_scalar_is_refused_by_name()
    {
        string Refused(Func<ObjectiveInput, Tensor> value) =>
            Assert.Throws<InvalidOperationException>(() => (2 * new Returning(value)).Compute(Input())).Message;
        const string Hint = " ObjectiveInput.MeanOverRows makes a scalar of one value a sample.";

        Assert.Equal(
            "Returning.ComputeCore must return a floating-point scalar, of shape [], but returned Float64 of shape [2]." + Hint,
            Refused(_ => zeros(2, ScalarType.Float64)));
        Assert.Equal(
            "Returning.ComputeCore must return a floating-point scalar, of shape [], but returned Float64 of shape [1]." + Hint,
            Refused(_ => zeros(1, ScalarType.Float64)));
        Assert.Equal(
            "Returning.ComputeCore must return a floating-point scalar, of shape [], but returned Int64 of shape []." + Hint,
            Refused(_ => tensor(1L)));
        Assert.Equal("Returning.ComputeCore must return a floating-point scalar, of shape [], but returned null.", Refused(_ => null!));
        Assert.Throws<ArgumentNullException>(() => new CrossEntropy().Compute(null!));
    }

    private ObjectiveInput Input()
    {
        var batch = LogitBatch.Random(seed: 8, rows: 3, classes: 4);
        var student = new NetworkOutput(LogitBatch.ToTensor(batch.Student)) { Features = [tensor(7.0)] };
        return new(student, Targets.FromLabels(batch.LabelTensor(), 4), new TeacherSignal(LogitBatch.ToTensor(batch.Teacher)), new TrainingProgress(
            0, 1, 0), _log);
    }

    /// <summary>Disposes nothing of what it makes, and what it returns is a view of that.</summary>
    private sealed record Careless : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            var difference = input.Student.Logits - input.RequireTeacher().Logits;
            var squares = difference * difference;
            return squares.exp().log().mean([0, 1], keepdim: true)[0, 0];
        }
    }

    private sealed record Returning(Func<ObjectiveInput, Tensor> Value) : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

        protected override Tensor ComputeCore(ObjectiveInput input) => Value(input);
    }
}
