using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class EnsembleTeacherTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(new[] { 3.0, 1.0 })]
    [InlineData(new[] { 0.0, 2.0 })]
    public void Arithmetic_mean_is_of_the_probabilities(double[]? weights)
    {
        double[] first = [1, -2, 0.5], second = [30, 0, -80];
        var (a, b) = Shares(weights);

        var answer = Teach(new EnsembleTeacher(new Constant("a", first), new Constant("b", second)) { Weights = weights });

        for (var k = 0; k < 3; k++)
            Assert.Equal(a * Softmax(first)[k] + b * Softmax(second)[k], answer[k], 1e-6);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(new[] { 3.0, 1.0 })]
    public void Geometric_mean_is_that_of_the_logits(double[]? weights)
    {
        double[] first = [1, -2, 0.5], second = [2, 0, -3];
        var (a, b) = Shares(weights);

        var source = new EnsembleTeacher(new Constant("a", first), new Constant("b", second)) { Weights = weights };
        var answer = Teach(source with { Mean = EnsembleMean.Geometric });

        // From the probabilities, not from the logits.
        var means = Softmax(first).Zip(Softmax(second), (p, q) => Math.Pow(p, a) * Math.Pow(q, b)).ToArray();
        for (var k = 0; k < 3; k++)
            Assert.Equal(means[k] / means.Sum(), answer[k], 1e-6);
    }

    [Fact]
    public void It_is_fixed_where_all_members_are()
    {
        string? Fingerprint(EnsembleTeacher source)
        {
            using var teacher = source.Open(TeacherFixture.Context(3));
            return teacher.Fingerprint;
        }

        TeacherSource a = new Constant("a", [1, 2, 3]), b = new Constant("b", [3, 2, 1]);
        string?[] different =
        [
            Fingerprint(new EnsembleTeacher(a, b)),
            Fingerprint(new EnsembleTeacher(a, a)),
            Fingerprint(new EnsembleTeacher(a)),
            Fingerprint(new EnsembleTeacher(a, b) { Mean = EnsembleMean.Geometric }),
            Fingerprint(new EnsembleTeacher(a, b) { Weights = [0.1, 0.2] }),
        ];
        Assert.All(different, Assert.NotNull);
        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different[0], Fingerprint(new EnsembleTeacher(a, b) { Weights = [2, 2] }));
        Assert.Null(Fingerprint(new EnsembleTeacher(a, new VirtualTeacher())));
    }

    [Fact]
    public void Members_are_disposed_with_it_and_when_a_later_one_cannot_be_opened()
    {
        var (first, second) = (new Constant("a", [1, 2, 3]), new Constant("b", [3, 2, 1]));
        new EnsembleTeacher(first, second).Open(TeacherFixture.Context(3)).Dispose();
        Assert.Equal((1, 1), (first.Disposed, second.Disposed));

        var refused = Assert.Throws<InvalidOperationException>(
            () => new EnsembleTeacher(first, new Refusing(), second).Open(TeacherFixture.Context(3)));
        Assert.Equal("it does not fit", refused.Message);
        Assert.Equal((2, 1), (first.Disposed, second.Disposed));
    }

    [Fact]
    public void Each_batch_leaves_one_tensor()
    {
        var batch = TeacherFixture.Batch(3, 2, 0);
        foreach (var mean in Enum.GetValues<EnsembleMean>())
        {
            var source = new EnsembleTeacher(new VirtualTeacher(), new UniformTeacher(), new Constant("a", [1, 2, 3])) { Mean = mean };
            using var teacher = source.Open(TeacherFixture.Context(3));
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            using var logits = teacher.Teach(batch).Logits;
            Assert.Equal([2, 3], logits.shape);
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void Source_is_a_plain_value_whose_parts_are_checked()
    {
        Assert.Equal(new EnsembleTeacher(new UniformTeacher(), new VirtualTeacher()),
            new EnsembleTeacher([new UniformTeacher(), new VirtualTeacher()]));
        Assert.NotEqual(new EnsembleTeacher(new UniformTeacher()) { Weights = [1] }, new EnsembleTeacher(new UniformTeacher()));
        Assert.Equal(
            "EnsembleTeacher { Members = [UniformTeacher { }, UniformTeacher { }], Weights = [1, 3], Mean = Arithmetic }",
            new EnsembleTeacher(new UniformTeacher(), new UniformTeacher()) { Weights = [1, 3] }.ToString());
        Assert.Equal("An ensemble must have at least one member, but has none. (Parameter 'members')",
            Assert.Throws<ArgumentException>(() => new EnsembleTeacher()).Message);
        Assert.Equal(
            "Weights must have one number a member, 1, but has 2. (Parameter 'Weights')",
            Assert.Throws<ArgumentException>(() => new EnsembleTeacher(new UniformTeacher()) { Weights = [1, 2] }).Message);
        Assert.Equal("Weights must not all be 0. (Parameter 'Weights')",
            Assert.Throws<ArgumentException>(() => new EnsembleTeacher(new UniformTeacher()) { Weights = [0] }).Message);
        Assert.StartsWith("Weights must be 0 or above and finite, but is -1.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new EnsembleTeacher(new UniformTeacher()) { Weights = [-1] }).Message);
    }

    [Fact]
    public void A_student_learns_from_an_ensemble()
    {
        var rows = PatternSource.Create(96);
        var plan = new TrainingPlan { BatchSize = 16, MaxEpochs = 5, Optimizer = new Sgd { LearningRate = 0.05 }, Seed = 3 };
        using var first = Train(plan);
        using var second = Train(plan with { Seed = 4 });
        var source = new EnsembleTeacher(new Network(first), new Network(second));
        using var student = Train(plan with { Objective = new KnowledgeDistillation { Alpha = 1 }, Teacher = source, Seed = 5 });

        var agreement = Evaluator.Evaluate(student, rows, batchSize: 16).Top1;
        Assert.True(agreement > 0.6, $"agrees with the teachers on {agreement:P0}, where chance is 25 %");

        ImageNetwork Train(TrainingPlan plan)
        {
            var trainer = new Trainer(plan);
            var network = trainer.CreateStudent(new SmallCnn { InputShape = rows.Shape }, 4);
            trainer.Run(network, rows);
            return network;
        }
    }

    private static (double First, double Second) Shares(double[]? weights) =>
        weights is null ? (0.5, 0.5) : (weights[0] / weights.Sum(), weights[1] / weights.Sum());

    private static double[] Softmax(double[] logits)
    {
        var sum = logits.Sum(Math.Exp);
        return [.. logits.Select(logit => Math.Exp(logit) / sum)];
    }

    private static double[] Teach(EnsembleTeacher source)
    {
        using var teacher = source.Open(TeacherFixture.Context(3));
        return TeacherFixture.Softmax(teacher.Teach(TeacherFixture.Batch(3, 0, 1)).Logits, row: 1);
    }

    /// <summary>Gives the same answer to every row.</summary>
    private sealed record Constant(string Name, double[] Logits) : TeacherSource
    {
        public int Disposed { get; private set; }

        protected override Teacher OpenCore(TeacherContext context) => new SameAnswer(this);

        private sealed class SameAnswer(Constant source) : Teacher
        {
            public override string Fingerprint => source.Name;

            protected override TeacherSignal TeachCore(ImageBatch batch) =>
                new(tensor(source.Logits, ScalarType.Float32).repeat(batch.Images.shape[0], 1));

            protected override void DisposeCore() => source.Disposed++;
        }
    }

    private sealed record Refusing : TeacherSource
    {
        protected override Teacher OpenCore(TeacherContext context) => throw new InvalidOperationException("it does not fit");
    }

    private sealed record Network(ImageNetwork Trained) : TeacherSource
    {
        protected override Teacher OpenCore(TeacherContext context) =>
            new NetworkTeacher(Trained, context.ClassNames, context, ownsNetwork: false);
    }
}
