using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class OnlineLabelSmoothingTests : IDisposable
{
    private static readonly OnlineLabelSmoothing _objective = new() { Alpha = 0.25 };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly LossLog _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Matrix_after_an_epoch_is_the_mean_of_the_right_answers()
    {
        using var states = ObjectiveStates.Create(_objective, new ObjectiveContext(3, CPU));
        Step(states, [[0.7, 0.2, 0.1], [0.2, 0.5, 0.3]], [0, 0]);
        Step(states, [[0.5, 0.1, 0.4], [0.3, 0.3, 0.4], [0.1, 0.8, 0.1]], [0, 2, 2]);

        Assert.Equal(Enumerable.Repeat(1.0 / 3, 9), Matrix(states));
        states.OnEpochEnd();

        // Class 0: the first and the third row were right, the second was not. Class 1 had no row and stays uniform. Class 2: one of two.
        Assert.Equal([0.6, 0.15, 0.25, 1 / 3.0, 1 / 3.0, 1 / 3.0, 0.3, 0.3, 0.4], Matrix(states), Near);
    }

    [Fact]
    public void The_next_epoch_is_taught_by_the_matrix()
    {
        using var states = ObjectiveStates.Create(_objective, new ObjectiveContext(3, CPU));
        Step(states, [[0.6, 0.15, 0.25]], [0]);
        states.OnEpochEnd();

        var value = Step(states, [[0.2, 0.5, 0.3]], [0]);

        Assert.Equal(0.75 * -Math.Log(0.2) - 0.25 * (0.6 * Math.Log(0.2) + 0.15 * Math.Log(0.5) + 0.25 * Math.Log(0.3)), value, 1e-12);
        Assert.Equal(-Math.Log(0.2), (_log.Means["cross_entropy"] * 2) + Math.Log(0.6), 1e-12);
    }

    [Fact]
    public void A_class_without_a_right_answer_keeps_its_row_and_sums_begin_anew()
    {
        using var states = ObjectiveStates.Create(_objective, new ObjectiveContext(2, CPU));
        Step(states, [[0.9, 0.1], [0.2, 0.8]], [0, 1]);
        states.OnEpochEnd();
        Step(states, [[0.7, 0.3], [0.6, 0.4]], [0, 1]);
        states.OnEpochEnd();

        Assert.Equal([0.7, 0.3, 0.2, 0.8], Matrix(states), Near);
    }

    [Fact]
    public void Row_of_double_weight_is_two_rows_of_the_matrix()
    {
        using var states = ObjectiveStates.Create(_objective, new ObjectiveContext(2, CPU));
        Step(states, [[0.9, 0.1], [0.6, 0.4]], [0, 0], [2 / 3.0, 4 / 3.0]);
        states.OnEpochEnd();

        Assert.Equal([0.7, 0.3, 0.5, 0.5], Matrix(states), Near);
    }

    [Fact]
    public void Matrix_is_a_constant_of_the_gradient()
    {
        using var states = ObjectiveStates.Create(_objective, new ObjectiveContext(3, CPU));
        Step(states, [[0.6, 0.15, 0.25]], [0]);
        states.OnEpochEnd();
        var logits = LogitBatch.ToTensor([[0.3, -1, 2]]).requires_grad_();

        _objective.Compute(Input(states, logits, [0], null)).backward();

        var p = ObjectiveOracle.Softmax([0.3, -1, 2], 1);
        double[] target = [0.75 + 0.25 * 0.6, 0.25 * 0.15, 0.25 * 0.25];
        Assert.Equal(p.Zip(target, (a, b) => a - b), logits.grad!.data<double>().ToArray(), Near);
        Assert.Empty(states.Parameters);
    }

    [Fact]
    public void Without_its_state_it_says_so()
    {
        var error = Assert.Throws<InvalidOperationException>(() => _objective.Compute(Input(null, zeros(1, 3), [0], null)));

        Assert.Equal(
            "OnlineLabelSmoothing { Alpha = 0.25 } has no OnlineLabels here: it must be the plan's objective, or be named among its Parts.",
            error.Message);
    }

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-12;

    private static double[] Matrix(ObjectiveStates states) =>
        states.Tensors.Single(entry => entry.Key == "0.labels").Value.data<double>().ToArray();

    private double Step(ObjectiveStates states, double[][] probabilities, long[] labels, double[]? weights = null)
    {
        var logits = LogitBatch.ToTensor([.. probabilities.Select(row => row.Select(p => Math.Log(p)).ToArray())]);
        return _objective.Compute(Input(states, logits, labels, weights)).item<double>();
    }

    private ObjectiveInput Input(ObjectiveStates? states, Tensor logits, long[] labels, double[]? weights) =>
        new(new NetworkOutput(logits), Targets.FromLabels(
            tensor(labels), (int)logits.shape[1], weights is null ? null : tensor(weights)), null, new TrainingProgress(0, 1, 0), _log)
        { States = states };
}
