using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What <see cref="Objective.Evaluate"/> says of arguments that do not fit.</summary>
public sealed class EvaluateTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Logits_that_are_no_matrix_are_refused() => AssertRefused(
        "studentLogits must be floating point of shape [N,K], but is Float32 of shape [3]. (Parameter 'studentLogits')",
        () => new CrossEntropy().Evaluate(zeros(3), zeros(3, ScalarType.Int64)));

    [Fact]
    public void Logits_of_whole_numbers_are_refused() => AssertRefused(
        "studentLogits must be floating point of shape [N,K], but is Int64 of shape [3,4]. (Parameter 'studentLogits')",
        () => new CrossEntropy().Evaluate(zeros(3, 4, ScalarType.Int64), zeros(3, ScalarType.Int64)));

    [Fact]
    public void A_single_class_is_refused() => AssertRefused(
        "studentLogits must have at least two classes, but has shape [3,1]. (Parameter 'studentLogits')",
        () => new CrossEntropy().Evaluate(zeros(3, 1), zeros(3, ScalarType.Int64)));

    [Fact]
    public void Labels_of_another_count_are_refused() => AssertRefused(
        "labels must be Int64 of shape [3], one label a row of the logits [3,4], but is Int64 of shape [2]. (Parameter 'labels')",
        () => new CrossEntropy().Evaluate(zeros(3, 4), zeros(2, ScalarType.Int64)));

    [Fact]
    public void Teacher_of_other_classes_is_refused() => AssertRefused(
        "teacherLogits must have shape [3,4], but has [3,5]. (Parameter 'teacherLogits')",
        () => new SoftTargetKl().Evaluate(zeros(3, 4), zeros(3, ScalarType.Int64), zeros(3, 5)));

    [Fact]
    public void Missing_partners_are_named() => Assert.Equal(
        "ClassWiseSelfKd needs the student's logits for other images of the rows' classes. (Parameter 'partnerLogits')",
        Assert.Throws<ArgumentNullException>(() => new ClassWiseSelfKd().Evaluate(zeros(3, 4), zeros(3, ScalarType.Int64))).Message);

    [Fact]
    public void Partners_of_other_rows_are_refused() => AssertRefused(
        "partnerLogits must have shape [3,4], but has [2,4]. (Parameter 'partnerLogits')",
        () => new ClassWiseSelfKd().Evaluate(zeros(3, 4), zeros(3, ScalarType.Int64), partnerLogits: zeros(2, 4)));

    [Fact]
    public void Objectives_on_features_need_a_run() => Assert.Equal(
        "WeightedSum looks at features by stage and cannot be computed from logits alone; train with it.",
        Assert.Throws<InvalidOperationException>(() =>
            (new CrossEntropy() + new FeatureHint()).Evaluate(zeros(3, 4), zeros(3, ScalarType.Int64), zeros(3, 4))).Message);

    [Theory]
    [InlineData(-100)]
    [InlineData(-1)]
    [InlineData(4)]
    public void Label_that_is_no_class_is_named(long label) => AssertRefused(
        $"labels must be indices of classes within [0, 4), but that of row 1 is {label}. (Parameter 'labels')",
        () => new CrossEntropy().Evaluate(zeros(2, 4), tensor([3, label])));

    [Fact]
    public void A_batch_without_samples_is_refused()
    {
        AssertRefused(
            "studentLogits must have at least one row, but has shape [0,4]. (Parameter 'studentLogits')",
            () => new CrossEntropy().Evaluate(zeros(0, 4), zeros(0, ScalarType.Int64)));
        using var log = new LossLog();
        var targets = Targets.FromLabels(zeros(0, ScalarType.Int64), 3);
        var input = new ObjectiveInput(new NetworkOutput(zeros(0, 3)), targets, Teacher: null, new TrainingProgress(0, 1, 0), log);
        Assert.Equal(
            "CrossEntropy cannot be computed of a batch without samples.",
            Assert.Throws<InvalidOperationException>(() => new CrossEntropy().Compute(input)).Message);
    }

    [Fact]
    public void Plan_without_the_needed_teacher_is_explained()
    {
        using var log = new LossLog();
        var targets = Targets.FromLabels(zeros(2, ScalarType.Int64), 3);
        var input = new ObjectiveInput(new NetworkOutput(zeros(2, 3)), targets, Teacher: null, new TrainingProgress(0, 1, 0), log);

        var exception = Assert.Throws<InvalidOperationException>(() => new SoftTargetKl().Compute(input));

        Assert.Equal("The objective needs a teacher, but there is none: name a TeacherSource beside it.", exception.Message);
    }

    private static void AssertRefused(string message, Func<Tensor> evaluate) =>
        Assert.Equal(message, Assert.Throws<ArgumentException>(evaluate).Message);
}
