using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// Values that the formulas of published code for PyTorch give for these features in float64, computed in development; no test writes
/// them. Features are sin(0.7 i + shift) + 0.3 over all elements i.
/// </summary>
public sealed class FeatureGoldenTests
{
    private static readonly (Objective Objective, double Value, double Tolerance)[] _table =
    [
        (new SimilarityPreserving(), 0.3683503715842698, 1e-12),
        // There 1e-7 is added to probabilities.
        (new ProbabilisticKnowledgeTransfer(), 0.03248007031243394, 1e-6),
        (new CorrelationCongruence(), 0.17280128109894305, 1e-12),
        (new CorrelationCongruence { Gamma = 0.7, Order = 3 }, 0.2994671649204702, 1e-12),
        (new NeuronSelectivityTransfer(), 0.5798285213983061, 1e-12),
        (new VariationalInformation(), 0.8621980699063233, 1e-7),
        (new SoftmaxRegressionRepresentation(), 0.8261924639421686, 1e-12),
        (new SoftmaxRegressionRepresentation { RegressionWeight = 0 }, 0.12978157809610055, 1e-12),
        (new KnowledgeReview(), 2.1535581163389454, 1e-12),
        (new OverhaulDistillation(), 24.973685589963427, 1e-11),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, _table.Length)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Value_is_that_of_the_published_formulas(int row)
    {
        using var scope = NewDisposeScope();
        var (objective, expected, tolerance) = _table[row];
        var (student, teacher) = (Feature(4, 3, 2, shift: 1), Feature(4, 5, 4, shift: 2));
        using var log = new LossLog();
        using var states = ObjectiveStates.Create(
            objective, new(2, CPU) { StudentStages = [new ImageShape(3, 2, 2)], TeacherStages = [new ImageShape(5, 4, 4)] });
        SetParameters(states.Find(objective));

        var value = objective.Compute(new ObjectiveInput(
            new NetworkOutput(zeros(4, 2)) { Features = [student], PreActivations = [student] },
            Targets.FromLabels(zeros(4, ScalarType.Int64), 2),
            new TeacherSignal(zeros(4, 2)) { Features = [teacher], PreActivations = [teacher], Classifier = new(Waves(10, 3).view(2, 5), null) },
            new TrainingProgress(0, 1, 0),
            log)
        { States = states });

        Assert.Equal(expected, value.item<double>(), tolerance);
    }

    // cos(0.9 i + number) in each parameter, by its place among those; a tenth of the channel's number above the start in each variance.
    private static void SetParameters(ObjectiveState? state)
    {
        if (state is null)
            return;
        using var noGradient = no_grad();
        state.to(ScalarType.Float64);
        var parameters = state.named_parameters().ToLookup(entry => entry.name == "scale", entry => entry.parameter);
        foreach (var scale in parameters[true])
            scale.add_(0.1 * arange(5, ScalarType.Float64));
        foreach (var (number, parameter) in parameters[false].Index())
            parameter.copy_(Waves(parameter.numel(), number).view_as(parameter));
    }

    private static Tensor Waves(long count, int number) => (0.9 * arange(count, ScalarType.Float64) + number).cos();

    private static Tensor Feature(int rows, int channels, int size, double shift) =>
        ((0.7 * arange(rows * channels * size * size, ScalarType.Float64) + shift).sin() + 0.3).view(rows, channels, size, size);
}
