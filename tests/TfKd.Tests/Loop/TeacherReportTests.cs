using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class TeacherReportTests
{
    private static readonly SmallCnn _network = new() { InputShape = new ImageShape(3, 16, 16), Width = 8 };

    [Fact]
    public void Figures_are_those_computed_by_hand()
    {
        // At T = 2: softmax of (ln 16, ln 4, 0) / 2 is (4, 2, 1) / 7; of (0, 0, ln 4) / 2 it is (1, 1, 2) / 4.
        var statistics = new TeacherStatistics(["a", "b", "c"], new SoftTargetKl { Temperature = 2 });
        statistics.Add([(float)Math.Log(16), (float)Math.Log(4), 0], [1, 0, 0], label: 0);
        statistics.Add([0, 0, (float)Math.Log(4)], [1, 0, 0], label: 1);

        var figures = statistics.ToFigures();

        var (first, second) = (Entropy(4 / 7.0, 2 / 7.0, 1 / 7.0), Entropy(0.25, 0.25, 0.5));
        Assert.Equal(2, figures.Metrics.Count);
        Assert.Equal(0.5, figures.Metrics.Top1);
        Assert.Equal((-Math.Log(16 / 21.0) - Math.Log(1 / 6.0)) / 2, figures.Metrics.NegativeLogLikelihood, 1e-6);
        Assert.Equal(0.5, figures.Agreement);
        Assert.Equal((first + second) / 2, figures.Entropy, 1e-6);
        // 1 - p_c is 3/7 and 3/4; times K / (K - 1) = 3/2.
        Assert.Equal((9 / 14.0 + 9 / 8.0) / 2, figures.EffectiveSmoothing, 1e-6);
        Assert.Equal((9 / 8.0 - 9 / 14.0) / 2, figures.SmoothingDeviation, 1e-6);
        var gains = (Entropy(4 / 7.0, 1.5 / 7, 1.5 / 7) - first, Entropy(0.25, 0.375, 0.375) - second);
        Assert.Equal((gains.Item1 + gains.Item2) / 2, figures.KlFromSmoothedLabel, 1e-6);
        Assert.Equal(["a", "b", "c"], figures.Classes.Select(one => one.Name));
        Assert.Equal([1, 1, 0], figures.Classes.Select(one => one.Count));
        Assert.Equal(1, figures.Classes[0].Accuracy);
        Assert.Equal(0, figures.Classes[1].Accuracy);
        Assert.Equal(4 / 7.0, figures.Classes[0].TargetProbability, 1e-6);
        Assert.Equal(gains.Item2, figures.Classes[1].KlFromSmoothedLabel, 1e-6);
        Assert.True(double.IsNaN(figures.Classes[2].Accuracy));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Targets_are_what_the_student_sees_of_the_teachers_answers(bool isStandardised)
    {
        var kl = new SoftTargetKl { Temperature = 2 };
        Objective term = isStandardised ? new LogitStandardization { Inner = kl } : kl;
        var statistics = new TeacherStatistics(["a", "b", "c"], 0.5 * new CrossEntropy() + 3 * term);
        statistics.Add([30, 0, 0], [1, 0, 0], label: 0);

        // Standardised, the logits are 2, -1 and -1 over the square root of 3; their size is gone.
        var (high, low) = isStandardised ? (Math.Exp(1 / Math.Sqrt(3)), Math.Exp(-0.5 / Math.Sqrt(3))) : (Math.Exp(15), 1);
        var (correct, other) = (high / (high + 2 * low), low / (high + 2 * low));
        Assert.Equal(Entropy(correct, other, other), statistics.ToFigures().Entropy, 1e-6);
        Assert.Equal(1.5 * (1 - correct), statistics.ToFigures().EffectiveSmoothing, 1e-6);
    }

    [Fact]
    public void Targets_that_need_no_teacher_are_not_taken_for_the_teachers()
    {
        var statistics = new TeacherStatistics(["a", "b", "c"], new TfKdRegularization { Temperature = 40 } + new FeatureHint());
        statistics.Add([3, 0, 0], [1, 0, 0], label: 0);
        Assert.NotEqual(new TfKdRegularization { Temperature = 40 }.SoftTargetOf(0, 3)!.Probabilities[0],
            statistics.ToFigures().Classes[0].TargetProbability, 1e-3);
    }

    [Fact]
    public void After_clearing_nothing_is_left()
    {
        var statistics = new TeacherStatistics(["a", "b"], new SoftTargetKl());
        statistics.Add([3, 0], [3, 0], 1);
        statistics.Clear();
        statistics.Add([3, 0], [3, 0], 0);
        Assert.Equal(1, statistics.ToFigures().Metrics.Top1);
        Assert.Equal([1, 0], statistics.ToFigures().Classes.Select(one => one.Count));
    }

    [Theory]
    [InlineData(0.9, 1.0)]
    [InlineData(0.99, 20.0)]
    public void A_virtual_teacher_is_found_out_as_label_smoothing(double correctProbability, double temperature)
    {
        var plan = Plan with { Teacher = new VirtualTeacher { CorrectProbability = correctProbability }, Objective = new KnowledgeDistillation { Temperature = temperature } };
        var (report, messages, _) = Run(plan);

        var softened = VirtualDistribution.Soften(4, correctProbability, temperature, TfKdForm.Paper);
        Assert.Equal(0, report!.Training.KlFromSmoothedLabel, 1e-6);
        Assert.Equal(4 * softened.Other, report.Training.EffectiveSmoothing, 1e-5);
        Assert.Equal(temperature, report.Temperature);
        Assert.NotNull(report.Warning);
        Assert.Contains(FormattableString.Invariant($"label smoothing by {4 * softened.Other:F3}"), report.Warning, StringComparison.Ordinal);
        Assert.Contains(report.Warning, messages);
        Assert.Contains(report.Warning, report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trained_teacher_is_measured_on_training_and_validation_rows()
    {
        var teacher = new TrainedTeacher(_network);
        var (report, _, student) = Run(Plan with { Teacher = teacher, MaxEpochs = 4, Objective = new KnowledgeDistillation { Temperature = 1, Alpha = 0.5 } });
        using (student)
        {
            Assert.Equal(96, report!.Training.Metrics.Count);
            Assert.Equal([24, 24, 24, 24], report.Training.Classes.Select(one => one.Count));
            Assert.Equal(48, report.Validation!.Metrics.Count);
            Assert.True(report.Validation.Metrics.Top1 > 0.8, report.ToString());
            Assert.InRange(report.Validation.Agreement, 0.8, 1);
            Assert.InRange(report.Training.Entropy, 0.001, Math.Log(4));
        }
    }

    [Fact]
    public void Without_a_teacher_or_with_a_peer_there_is_no_report()
    {
        Assert.Null(Run(Plan with { Teacher = null, Objective = new CrossEntropy() }).Report);
        Assert.Null(Run(Plan with { Teacher = new PeerTeacher() }).Report);
    }

    [Fact]
    public void An_objective_that_is_label_smoothing_says_by_how_much()
    {
        var code = new TfKdRegularization { Form = TfKdForm.ReferenceCode, Multiplier = 4 };
        Assert.Contains(Run(Plan with { Teacher = null, Objective = code }).Messages, message =>
            message.Contains(FormattableString.Invariant($"label smoothing by {code.EquivalentSmoothing(4):F4}"), StringComparison.Ordinal));
        Assert.Contains(Run(Plan with { Teacher = null, Objective = 1 * code }).Messages, message =>
            message.Contains(FormattableString.Invariant($"label smoothing by {code.EquivalentSmoothing(4):F4}"), StringComparison.Ordinal));
        foreach (var other in (Objective[])[new TfKdRegularization(), new CrossEntropy(), new LabelSmoothing()])
            Assert.DoesNotContain(Run(Plan with { Teacher = null, Objective = other }).Messages, message => message.Contains("label smoothing by", StringComparison.Ordinal));
    }

    [Fact]
    public void The_temperature_is_the_objectives()
    {
        Assert.Equal(7, (new CrossEntropy() + 2 * new SoftTargetKl { Temperature = 7 }).TeacherTemperature);
        Assert.Equal(3, new LogitStandardization { Inner = new Ramped { Inner = new DecoupledKd { Temperature = 3 } } }.TeacherTemperature);
        Assert.Equal(1, new CrossEntropy().TeacherTemperature);
    }

    private static TrainingPlan Plan => new()
    {
        BatchSize = 16,
        MaxEpochs = 1,
        Optimizer = new Sgd { LearningRate = 0.05 },
        Objective = new KnowledgeDistillation(),
        Teacher = new UniformTeacher(),
        Seed = 3,
    };

    private static (TeacherReport? Report, IReadOnlyList<string> Messages, ImageNetwork Student) Run(TrainingPlan plan)
    {
        var messages = new List<string>();
        var trainer = new Trainer(plan with { Callbacks = [new Listener(messages)] });
        var student = trainer.CreateStudent(_network, 4);
        return (trainer.Run(student, PatternSource.Create(96), PatternSource.Create(48, seed: 2)).TeacherReport, messages, student);
    }

    private static double Entropy(params double[] probabilities) => -probabilities.Sum(probability => probability * Math.Log(probability));

    private sealed class Listener(List<string> messages) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning) => messages.Add(message);
    }
}
