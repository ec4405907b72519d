using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Of a sample without a label the terms of the teacher count alone; terms of labels are means over those that have one.</summary>
public sealed class UnlabelledSamplesTests
{
    private const double Alpha = 0.7;
    private const double Temperature = 3;
    private const double Scale = 1.5;

    private static readonly double[][] _students = [[1.2, -0.3, 0.4], [0.1, 0.9, -1.1], [-0.6, 0.2, 2.0]];
    private static readonly double[][] _teachers = [[2.0, 0.5, -1.0], [0.3, 0.3, 1.4], [1.0, -2.0, 0.7]];

    // The second has none.
    private static readonly long[] _labels = [0, Targets.Unlabelled, 2];

    public static TheoryData<string> All => [.. ObjectiveCases.All.Keys];

    private static double LabelMean => Enumerable.Range(0, 3).Where(row => _labels[row] >= 0).Average(row =>
        -LogSoftmax(_students[row], 1)[_labels[row]]);

    private static double TeacherMean => Enumerable.Range(0, 3).Average(row => Kl(_teachers[row], _students[row], Temperature));

    [Fact]
    public void Knowledge_distillation_is_a_mean_over_labels_and_a_mean_over_all_answers() => AssertEqual(
        (1 - Alpha) * LabelMean + Alpha * Temperature * Temperature * TeacherMean,
        new KnowledgeDistillation { Alpha = Alpha, Temperature = Temperature });

    [Fact]
    public void Sums_and_ramps_are_computed_part_by_part() => AssertEqual(
        2 * LabelMean + 0.25 * TeacherMean,
        2 * new CrossEntropy() + new Ramped { Inner = new SoftTargetKl { Temperature = Temperature }, From = 0.25, To = 0.25 });

    [Fact]
    public void Smoothing_smooths_labels_that_are_there()
    {
        var expected = Enumerable.Range(0, 3).Where(row => _labels[row] >= 0).Average(row =>
        {
            var logs = LogSoftmax(_students[row], 1);
            return -0.8 * logs[_labels[row]] - 0.2 / 3 * logs.Sum();
        });
        AssertEqual(expected + TeacherMean, new LabelSmoothing { Smoothing = 0.2 } + new SoftTargetKl { Temperature = Temperature });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Where_an_objective_takes_them_their_labels_do_not_matter_and_labels_of_all_give_what_they_gave(string name)
    {
        var objective = ObjectiveCases.All[name];
        if (!objective.TakesUnlabelledSamples)
        {
            // It asks for each label, or says of itself that it does.
            Assert.True(
                Leaves(objective).Any(leaf => !leaf.TakesUnlabelledSamples), $"{name} refuses samples without a label for no reason.");
            return;
        }

        Assert.False(objective.Needs.HasFlag(ObjectiveNeeds.HardLabels));
        if ((objective.Needs & (ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures)) != 0)
            return;
        using var scope = NewDisposeScope();
        var labels = tensor(new long[] { 0, 1, 2 });
        var ofAll = Compute(objective, Targets.FromPartialLabels(labels, 3, labelScale: 1));
        Assert.Equal(Compute(objective, Targets.FromLabels(labels, 3)), ofAll, 1e-9);
    }

    [Fact]
    public void A_sample_without_a_label_has_no_gradient_of_the_labels()
    {
        using var scope = NewDisposeScope();
        var student = Matrix(_students).requires_grad_();
        var loss = new CrossEntropy().Compute(Input(student, Targets.FromPartialLabels(tensor(_labels), 3, Scale)));
        loss.backward();
        Assert.Equal(0, student.grad![1].abs().sum().item<double>());
        // The mean over two labels, not over three samples.
        var softmax = student.detach()[0].softmax(0)[0].item<double>();
        Assert.Equal((softmax - 1) / 2, student.grad![0, 0].item<double>(), 1e-9);
    }

    [Fact]
    public void A_mixture_with_a_sample_without_a_label_counts_by_the_share_of_the_other()
    {
        using var scope = NewDisposeScope();
        var targets = Targets.FromPartialLabels(tensor(_labels), 3, Scale);
        // A share of 0.25 or so, whatever it is: read off the target.
        var mixed = new Mixup { Alpha = 1 }.Apply(zeros(3, 1, 2, 2), targets, new Random(4)).Targets;
        var expected = 0.0;
        var probabilities = mixed.Probabilities.to(ScalarType.Float64);
        for (var row = 0; row < 3; row++)
            for (var k = 0; k < 3; k++)
                expected -= Scale * probabilities[row, k].item<double>() * LogSoftmax(_students[row], 1)[k] / 3;
        Assert.Contains(Enumerable.Range(0, 3), row => probabilities[row].sum().item<double>() is > 0.01 and < 0.99);
        Assert.Equal(expected, Compute(new CrossEntropy(), mixed), 1e-6);
    }

    [Fact]
    public void A_scale_below_1_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() =>
        Targets.FromPartialLabels(tensor(_labels), 3, labelScale: 0.5));

    private static IEnumerable<Objective> Leaves(Objective objective) =>
        objective.Parts.Any() ? objective.Parts.SelectMany(Leaves) : [objective];

    private static void AssertEqual(double expected, Objective objective)
    {
        using var scope = NewDisposeScope();
        Assert.Equal(expected, Compute(objective, Targets.FromPartialLabels(tensor(_labels), 3, Scale)), 1e-6);
    }

    private static double Compute(Objective objective, Targets targets)
    {
        using var states = Evaluation.States(objective, 3, ScalarType.Float64);
        return objective.Compute(Input(Matrix(_students), targets) with { States = states }).to(ScalarType.Float64).item<double>();
    }

    private static ObjectiveInput Input(Tensor student, Targets targets) =>
        new(new NetworkOutput(student), targets, new TeacherSignal(Matrix(_teachers)), new TrainingProgress(0, 1, 0), new LossLog());

    private static Tensor Matrix(double[][] rows) => tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, -1);

    private static double[] LogSoftmax(double[] logits, double temperature)
    {
        var scaled = Array.ConvertAll(logits, logit => logit / temperature);
        var sum = Math.Log(scaled.Sum(Math.Exp));
        return Array.ConvertAll(scaled, logit => logit - sum);
    }

    private static double Kl(double[] teacher, double[] student, double temperature)
    {
        var (p, q) = (LogSoftmax(teacher, temperature), LogSoftmax(student, temperature));
        return p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum();
    }
}
