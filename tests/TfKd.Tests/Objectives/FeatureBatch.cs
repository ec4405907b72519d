using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Features of two networks in plain numbers, [stage][row][channel, height, width], beside the rows' logits and labels.</summary>
internal sealed record FeatureBatch(double[][][] Student, double[][][] Teacher, LogitBatch Logits)
{
    public static readonly ImageShape[] StudentStages = [new(2, 3, 4), new(3, 2, 3)];
    public static readonly ImageShape[] TeacherStages = [new(3, 4, 4), new(2, 5, 3), new(4, 1, 2)];

    public static FeatureBatch Random(int seed, int rows)
    {
        var random = new Random(seed);
        double[][][] Features(
            ImageShape[] stages) => [.. stages.Select(stage => Enumerable.Range(0, rows).Select(_ => Values(stage)).ToArray())];
        double[] Values(
            ImageShape stage) =>
                [.. Enumerable.Range(0, stage.Channels * stage.Height * stage.Width).Select(_ => 4 * random.NextDouble() - 2)];
        return new(Features(StudentStages), Features(TeacherStages), LogitBatch.Random(seed, rows, classes: 4));
    }

    public static ObjectiveContext Context => new(4, CPU) { StudentStages = StudentStages, TeacherStages = TeacherStages };

    /// <summary>The states of an objective in float64.</summary>
    public static ObjectiveStates States(Objective objective)
    {
        random.manual_seed(5);
        var states = ObjectiveStates.Create(objective, Context);
        foreach (var part in objective.Parts.Prepend(objective))
            states.Find(part)?.to(ScalarType.Float64);
        return states;
    }

    /// <summary>The student's logits and features, leaves of the graph.</summary>
    public (Tensor Logits, Tensor[] Features) Leaves() =>
        (LogitBatch.ToTensor(Logits.Student).requires_grad_(), [
            .. Student.Select((rows, i) => ToTensor(rows, StudentStages[i]).requires_grad_()),
        ]);

    public Tensor Compute(Objective objective, ObjectiveStates states, Tensor logits, Tensor[] features)
    {
        using var log = new LossLog();
        var teacher = new TeacherSignal(LogitBatch.ToTensor(Logits.Teacher))
        {
            Features = TeacherFeatures(),
            PreActivations = TeacherFeatures(),
            Classifier = RepresentationOracle.Classifier,
        };
        return objective.Compute(new ObjectiveInput(
            new NetworkOutput(logits) { Features = features, PreActivations = features }, Targets.FromLabels(Logits.LabelTensor(), Logits.Classes), teacher, new TrainingProgress(
                0, 1, 0), log)
        {
            States = states,
            PartnerLogits = LogitBatch.ToTensor(Logits.Teacher),
        });
    }

    public Tensor[] TeacherFeatures() => [.. Teacher.Select((rows, i) => ToTensor(rows, TeacherStages[i]))];

    public double Value(Objective objective)
    {
        using var scope = NewDisposeScope();
        using var states = States(objective);
        var (logits, features) = Leaves();
        return Compute(objective, states, logits, features).item<double>();
    }

    private static Tensor ToTensor(double[][] rows, ImageShape stage) =>
        tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, stage.Channels, stage.Height, stage.Width], ScalarType.Float64);
}
