using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class LinearProbeTests
{
    private static readonly NetworkArchitecture _network = new CifarResNet { Depth = 8, Width = 8, InputShape = new ImageShape(3, 16, 16) };

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 1,
        FrozenStages = 3,
        LinearProbe = new LinearProbe(),
        Seed = 3,
    };

    [Fact]
    public void Minimum_of_a_narrow_valley_is_found()
    {
        var found = Lbfgs.Minimize(
            (x, gradient) =>
            {
                var value = 0.0;
                for (var i = 0; i < x.Length; i++)
                {
                    var curvature = Math.Pow(10, i);
                    value += curvature * (x[i] - i) * (x[i] - i);
                    gradient[i] = 2 * curvature * (x[i] - i);
                }

                return value;
            },
            new double[5]);
        Assert.All(found.Select((value, i) => value - i), difference => Assert.Equal(0, difference, 1e-5));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.001)]
    public void No_other_classifier_has_a_lower_objective(double strength)
    {
        using var scope = NewDisposeScope();
        var (rows, labels, weights) = (Points(), new[] { 0, 1, 2, 0, 1, 2, 0, 0 }, new[] { 1.0, 1, 1, 2, 1, 1, 3, 1 });
        AssertLowest(
            Parameters(rows, [.. labels.Select(label => (int[])[label])], weights, strength, isBinary: false),
            parameters => Objective(rows, logits => labels.Select((label, n) => Math.Log(logits[n].Sum(Math.Exp)) - logits[n][label]),
                weights, parameters, strength));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.001)]
    public void No_other_classifiers_of_several_labels_have_a_lower_objective(double strength)
    {
        using var scope = NewDisposeScope();
        var (rows, weights) = (Points(), new[] { 1.0, 1, 1, 2, 1, 1, 3, 1 });
        int[][] labels = [[0], [], [0, 2], [1, 2], [0, 1, 2], [1], [2], []];
        AssertLowest(
            Parameters(rows, labels, weights, strength, isBinary: true),
            parameters => Objective(
                rows,
                logits => labels.Select((set, n) => logits[n].Select((z, k) => Math.Log(1 + Math.Exp(set.Contains(k) ? -z : z))).Sum()),
                weights, parameters, strength));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.001)]
    public void No_other_classifier_of_probabilities_has_a_lower_objective(double strength)
    {
        using var scope = NewDisposeScope();
        var (rows, weights) = (Points(), new[] { 1.0, 1, 1, 2, 1, 1, 3, 1 });
        double[][] wanted = [[1, 0, 0], [0.2, 0.3, 0.5], [0, 0.5, 0.5], [1, 0, 0], [0.6, 0.1, 0.3], [0, 1, 0], [0.25, 0.25, 0.5], [0, 0, 1]];
        using var regression = new LogisticRegression(
            tensor(rows.SelectMany(row => row).ToArray()).view(8, -1), tensor(wanted.SelectMany(row => row).ToArray()).view(8, 3),
            tensor(weights), isBinary: false);
        var (weight, bias) = regression.Layer(regression.Fit(strength, regression.Start));
        AssertLowest(
            [.. weight.data<double>().ToArray(), .. bias.data<double>().ToArray()],
            parameters => Objective(
                rows,
                logits => wanted.Select((share, n) => share.Select((p, k) => p * (Math.Log(logits[n].Sum(Math.Exp)) - logits[n][k])).Sum()),
                weights, parameters, strength));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.001)]
    public void Positives_count_as_much_as_they_weigh(double strength)
    {
        using var scope = NewDisposeScope();
        var (rows, weights, ofPositives) = (Points(), new[] { 1.0, 1, 1, 2, 1, 1, 3, 1 }, new[] { 4, 1, 0.5 });
        int[][] labels = [[0], [], [0, 2], [1, 2], [0, 1, 2], [1], [2], []];
        using var regression = new LogisticRegression(
            tensor(rows.SelectMany(row => row).ToArray()).view(8, -1), Indicators(labels, 3), tensor(weights), isBinary: true,
            tensor(ofPositives));
        var (weight, bias) = regression.Layer(regression.Fit(strength, regression.Start));
        AssertLowest(
            [.. weight.data<double>().ToArray(), .. bias.data<double>().ToArray()],
            parameters => Objective(
                rows,
                logits => labels.Select((set, n) => logits[n].Select((z, k) =>
                    set.Contains(k) ? ofPositives[k] * Math.Log(1 + Math.Exp(-z)) : Math.Log(1 + Math.Exp(z))).Sum()),
                weights, parameters, strength));
    }

    [Fact]
    public void A_head_for_several_labels_finds_more_of_a_rare_one_where_it_weighs_more()
    {
        var all = BlobSource.Create(160);
        var seen = 0;
        // Of the rows with the last label one in five.
        var rows = new SourceSubset(all, Enumerable.Range(0, all.Count)
            .Where(row => !all.Extras!.GetLabels(row).Contains(3) || seen++ % 5 == 0));
        var (test, weighting) = (BlobSource.Create(96, seed: 2), new InverseFrequencyWeighting());
        var plan = _plan with { Objective = new BinaryCrossEntropy(), LinearProbe = new LinearProbe { Strengths = [1, 0.3] } };
        var (without, with) = (Measure(plan), Measure(plan with { ClassWeighting = weighting }));
        Assert.True(with.Recall > without.Recall + 0.2, $"recall {with.Recall}, without {without.Recall}");
        // What is told of the epoch is what was minimised: positives with their weights.
        Assert.Equal(with.Weighted, with.Loss, 1e-4);
        Assert.Equal(with.Right, with.Accuracy, 1e-9);

        (double Recall, double Loss, double Weighted, double Accuracy, double Right) Measure(TrainingPlan one)
        {
            var trainer = new Trainer(one);
            using var student = trainer.CreateStudent(_network, 4);
            var epoch = Assert.Single(trainer.Run(student, rows).History);
            var weights = PositiveWeights.Of(rows, weighting)!;
            var (weighted, count) = (0.0, 0);
            foreach (var answer in Evaluator.Answers(student, rows, 32, features: null, CancellationToken.None))
            {
                var labels = rows.Extras!.GetLabels(count++);
                weighted += answer.Logits.Select((z, k) =>
                    labels.Contains(k) ? weights[k] * Math.Log(1 + Math.Exp(-z)) : Math.Log(1 + Math.Exp(z))).Average();
            }

            return (Evaluator.EvaluateLabels(student, test).Classes[3].Recall, epoch.TrainingLoss, weighted / count,
                epoch.TrainingAccuracy, 1 - Evaluator.EvaluateLabels(student, rows).HammingLoss);
        }
    }

    [Fact]
    public void Yes_or_no_of_a_class_is_a_choice_between_two_at_twice_the_strength()
    {
        using var scope = NewDisposeScope();
        var (rows, weights) = (Points(), new[] { 1.0, 1, 1, 2, 1, 1, 3, 1 });
        int[] labels = [0, 1, 1, 0, 1, 1, 0, 0];
        var one = Parameters(rows, [.. labels.Select(label => (int[])[label])], weights, 0.02, isBinary: false);
        var yes = Parameters(rows, [.. labels.Select(label => label == 0 ? (int[])[0] : [])], weights, 0.01, isBinary: true, classCount: 1);
        Assert.All(
            new[] { one[0] - one[2], one[1] - one[3], one[4] - one[5] }.Zip(yes), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Parts_have_the_rarest_labels_by_turns()
    {
        using var scope = NewDisposeScope();
        // Label 0 is everywhere, 1 in four rows, 2 in two.
        int[][] labels = [[0, 1], [0, 1], [0, 2], [0, 2], [0, 1], [0, 1], [0], [0], [], []];
        var rows = new ProbeRows(zeros(10, 1), null, Indicators(labels, 3), ones(10, ScalarType.Float64), areSeveral: true)
        {
            Labelled = ones(10, ScalarType.Float64),
        };
        var folds = rows.DivideByTurns(2);
        Assert.Equal(
            [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]], folds.Select(fold => fold.Held.data<long>().ToArray().Select(row => (int)row).ToArray()));
        Assert.All(folds, fold => Assert.Equal(5, fold.Learnt.numel()));
    }

    [Fact]
    public void A_head_for_several_labels_is_fitted_in_one_epoch()
    {
        var messages = new List<string>();
        var plan = _plan with { Objective = new BinaryCrossEntropy(), Callbacks = [new Listener(messages)] };
        var (trainer, rows, validation) = (new Trainer(plan), BlobSource.Create(64), BlobSource.Create(48, seed: 2));
        using var student = trainer.CreateStudent(_network, 4);
        var result = trainer.Run(student, rows, validation);
        var (training, epoch) = (Evaluator.EvaluateLabels(student, rows), Assert.Single(result.History));
        Assert.Equal(training.NegativeLogLikelihood, epoch.TrainingLoss, 1e-4);
        Assert.Equal(1 - training.HammingLoss, epoch.TrainingAccuracy, 1e-9);
        // Chance is the fraction of rows that have a label, about 0.4.
        Assert.InRange(epoch.LabelValidation!.MeanAveragePrecision, 0.6, 1);
        Assert.Contains(
            messages, message => message.StartsWith("The head was fitted to the features of 64 rows", StringComparison.Ordinal));
        var (again, other) = (new Trainer(plan), new Trainer(plan with { LinearProbe = new LinearProbe { Strengths = [10] } }));
        using var same = again.CreateStudent(_network, 4);
        using var weaker = other.CreateStudent(_network, 4);
        again.Run(same, rows);
        other.Run(weaker, rows);
        Assert.Equal(Values(student)["fc.weight"], Values(same)["fc.weight"]);
        Assert.True(Evaluator.EvaluateLabels(weaker, validation).NegativeLogLikelihood > epoch.LabelValidation.NegativeLogLikelihood);
    }

    [Fact]
    public void One_epoch_fits_the_head_and_nothing_else()
    {
        var messages = new List<string>();
        var trainer = new Trainer(_plan with { Callbacks = [new Listener(messages)] });
        using var student = trainer.CreateStudent(_network, 4);
        var before = Values(student);
        var result = trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));
        Assert.All(
            Values(student),
            entry => Assert.Equal(!entry.Key.StartsWith("fc.", StringComparison.Ordinal), before[entry.Key].SequenceEqual(entry.Value)));
        var epoch = Assert.Single(result.History);
        Assert.Equal(0, result.BestEpoch);
        Assert.Equal(0, epoch.LearningRate);
        Assert.Equal(Evaluator.Evaluate(student, PatternSource.Create(48)).Top1, epoch.TrainingAccuracy, 1e-9);
        Assert.Equal(Evaluator.Evaluate(student, PatternSource.Create(48)).NegativeLogLikelihood, epoch.TrainingLoss, 1e-4);
        Assert.Equal(Evaluator.Evaluate(student, PatternSource.Create(16, seed: 2)).Top1, epoch.Validation!.Top1);
        Assert.Contains(
            messages, message => message.StartsWith("The head was fitted to the features of 48 rows, with", StringComparison.Ordinal));
    }

    [Fact]
    public void Runs_are_the_same_bit_for_bit()
    {
        Assert.Equal(Head(_plan), Head(_plan));
        Assert.NotEqual(Head(_plan), Head(_plan with { LinearProbe = new LinearProbe { Strengths = [10] } }));
    }

    [Fact]
    public void Further_epochs_go_on_from_the_fitted_head()
    {
        var still = _plan with { MaxEpochs = 3, Optimizer = new Sgd { LearningRate = 1e-9, WeightDecay = 0 } };
        Assert.All(Head(_plan).Zip(Head(still)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.NotEqual(Head(_plan), Head(still with { Optimizer = new Sgd { LearningRate = 0.5 } }));
    }

    [Fact]
    public void A_checkpoint_behind_the_fitted_head_goes_on()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var plan = _plan with { MaxEpochs = 2, Schedule = new ConstantSchedule(), Optimizer = new Sgd { LearningRate = 0.1 } };
            Head(plan with { MaxEpochs = 1, CheckpointDirectory = folder.FullName });
            Assert.Equal(Head(plan), Head(plan with { CheckpointDirectory = folder.FullName }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Mirrored_images_are_left_out_where_left_and_right_differ()
    {
        var messages = new List<string>();
        var trainer = new Trainer(_plan with { Callbacks = [new Listener(messages)] });
        using var rows = Sides();
        using var student = trainer.CreateStudent(_network, 2);
        trainer.Run(student, rows);
        Assert.StartsWith("The head was fitted to the features of 24 rows, without mirrored images", Assert.Single(
            messages, message => message.StartsWith("The head", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(1, Evaluator.Evaluate(student, rows).Top1);
    }

    [Fact]
    public void What_cannot_be_fitted_is_refused()
    {
        var head = Assert.Throws<InvalidOperationException>(() => Run(_plan with { FrozenStages = 0 }, new SqueezeNet
        {
            Version = 1.1,
            CifarStem = true,
            InputShape = new ImageShape(3, 16, 16),
        }));
        Assert.EndsWith("is none; leave LinearProbe out.", head.Message, StringComparison.Ordinal);
        var teacher = Assert.Throws<InvalidOperationException>(() =>
            Run(_plan with { Objective = new KnowledgeDistillation(), Teacher = new UniformTeacher() }, _network));
        Assert.Equal(
            $"The only epoch fits the head to labels, by LinearProbe, so that nothing is learnt from {new UniformTeacher()}; set MaxEpochs "
            + "to 2 or more, give photos without a label, or leave the teacher out.",
            teacher.Message);
        var peer = Assert.Throws<InvalidOperationException>(() =>
            Run(_plan with { MaxEpochs = 2, Objective = new KnowledgeDistillation(), Teacher = new PeerTeacher() }, _network));
        Assert.Equal(
            $"LinearProbe fits the head of one network, but {new PeerTeacher()} has two; leave one of them out.", peer.Message);
    }

    public static TheoryData<NetworkArchitecture, string> OtherHeads => new()
    {
        { new MobileNetV3 { Size = MobileNetV3Size.Small, InputShape = new ImageShape(3, 32, 32) }, "sees what other layers make of them" },
        { new Vgg { Depth = 11, PoolSize = 1, InputShape = new ImageShape(3, 32, 32) }, "sees what other layers make of them" },
        { new ConvNeXt { Width = 8, ThirdStageBlocks = 1, InputShape = new ImageShape(3, 32, 32) }, "have the shape [1,64,1,1]" },
        { new HiddenLayer(), "sees what other layers make of them" },
    };

    [Theory]
    [MemberData(nameof(OtherHeads))]
    public void A_head_that_sees_something_else_is_refused_before_a_teacher_is_trained(NetworkArchitecture architecture, string expected)
    {
        var plan = _plan with
        {
            FrozenStages = 0,
            MaxEpochs = 2,
            Objective = new KnowledgeDistillation(),
            Teacher = new TrainedTeacher(_network) { Objective = new Untouched() },
        };
        Assert.Contains(
            expected, Assert.Throws<InvalidOperationException>(() => Run(plan, architecture)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_one_row_a_class_nothing_is_said_of_a_choice()
    {
        var messages = new List<string>();
        var training = PatternSource.Create(48);
        var rows = Enumerable.Range(0, 4).Select(label => Enumerable.Range(0, 48).First(row => training.GetLabel(row) == label));
        var trainer = new Trainer(_plan with { Callbacks = [new BrokenRun.Listener(messages.Add)] });
        using var student = trainer.CreateStudent(_network, 4);
        trainer.Run(student, new SourceSubset(training, [.. rows]));
        Assert.Contains(
            "The head was fitted to the features of 4 rows, without mirrored images, at L2 strength 1.", messages);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Teachers_that_follow_the_student_know_the_head_that_was_fitted(bool isAverage)
    {
        var asked = new List<(float[] Teacher, float[] Student)>();
        TeacherSource source = isAverage ? new MovingAverageTeacher() : new PreviousEpochTeacher();
        var plan = _plan with
        {
            MaxEpochs = 2,
            Objective = new KnowledgeDistillation(),
            Teacher = new Listened(source, asked),
        };
        Run(plan, _network);
        Assert.Equal(3, asked.Count);
        Assert.Equal(asked[0].Student, asked[0].Teacher, (one, other) => Math.Abs(one - other) < 1e-4);
    }

    [Fact]
    public void Properties_have_ranges()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearProbe { Folds = 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LinearProbe { Strengths = [0] });
        Assert.Equal(
            "Strengths must have one strength at least, but is empty. (Parameter 'Strengths')",
            Assert.Throws<ArgumentException>(() => new LinearProbe { Strengths = [] }).Message);
        Assert.Equal(new LinearProbe { Strengths = [1, 2] }, new LinearProbe { Strengths = [1, 2] });
    }

    private sealed record Untouched : Objective
    {
        public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

        protected override Tensor ComputeCore(ObjectiveInput input) => throw new NotSupportedException("A teacher was trained.");
    }

    // Listens to what a teacher says in training, and what the student would say.
    private sealed record Listened(TeacherSource Inner, List<(float[] Teacher, float[] Student)> Asked) : TeacherSource
    {
        public override IReadOnlyList<TeacherSource> Parts => [Inner];

        protected override Teacher OpenCore(TeacherContext context) => new Listener(this, Inner.Open(context), context.Student!);

        private sealed class Listener(Listened source, Teacher inner, ImageNetwork student) : Teacher
        {
            public override void OnStepEnd(long stepCount) => inner.OnStepEnd(stepCount);

            public override void OnEpochEnd() => inner.OnEpochEnd();

            protected override TeacherSignal TeachCore(ImageBatch batch)
            {
                var signal = inner.Teach(batch);
                var isTraining = student.training;
                student.eval();
                source.Asked.Add((Numbers(signal.Logits), Numbers(student.Run(batch.Images).Logits)));
                student.train(isTraining);
                return signal;
            }

            protected override void DisposeCore() => inner.Dispose();

            private static float[] Numbers(Tensor tensor) => tensor.detach().contiguous().data<float>().ToArray();
        }
    }

    private sealed record HiddenLayer() : NetworkArchitecture(new ImageShape(3, 16, 16))
    {
        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) => new Layers(classCount);

        // As wide as the features.
        private sealed class Layers : nn.Module<Tensor, Tensor>, IFeatureBody
        {
            private readonly nn.Module<Tensor, Tensor> _stage = nn.Conv2d(3, 8, 3, stride: 2);
            private readonly nn.Module<Tensor, Tensor> _hidden = nn.Linear(8, 8);
            private readonly nn.Module<Tensor, Tensor> _head;

            public Layers(int classCount)
                : base("hidden layer")
            {
                _head = nn.Linear(8, classCount);
                RegisterComponents();
            }

            public Tensor Extract(Tensor images) => _stage.call(images).mean([2L, 3]);

            public Tensor Classify(Tensor features) => _head.call(_hidden.call(features).relu());

            public override Tensor forward(Tensor images) => Classify(Extract(images));
        }
    }

    private static void Run(TrainingPlan plan, NetworkArchitecture architecture)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(architecture, 4);
        trainer.Run(student, PatternSource.Create(48));
    }

    private static float[] Head(TrainingPlan plan)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(_network, 4);
        trainer.Run(student, PatternSource.Create(48));
        return Values(student)["fc.weight"];
    }

    private static Dictionary<string, float[]> Values(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        return network.Body.state_dict().Where(entry => entry.Value.is_floating_point()).ToDictionary(
            entry => entry.Key, entry => entry.Value.detach().contiguous().data<float>().ToArray());
    }

    private static void AssertLowest(double[] parameters, Func<double[], double> objective)
    {
        var lowest = objective(parameters);
        for (var i = 0; i < parameters.Length; i++)
        {
            foreach (var change in new[] { -1e-3, 1e-3 })
            {
                double[] other = [.. parameters];
                other[i] += change;
                Assert.True(objective(other) > lowest - 1e-12, $"parameter {i} {change:+0.000;-0.000}");
            }
        }
    }

    // K rows of weights, then K biases.
    private static double[] Parameters(
        double[][] rows, int[][] labels, double[] weights, double strength, bool isBinary, int classCount = 3)
    {
        using var scope = NewDisposeScope();
        classCount = isBinary ? classCount : labels.Max(set => set[0]) + 1;
        using var regression = new LogisticRegression(
            tensor(rows.SelectMany(row => row).ToArray()).view(rows.Length, -1), Indicators(labels, classCount), tensor(weights), isBinary);
        var (weight, bias) = regression.Layer(regression.Fit(strength, regression.Start));
        return [.. weight.data<double>().ToArray(), .. bias.data<double>().ToArray()];
    }

    private static Tensor Indicators(int[][] labels, int classCount) =>
        tensor(labels.SelectMany(set => Enumerable.Range(0, classCount).Select(k => set.Contains(k) ? 1.0 : 0)).ToArray())
            .view(labels.Length, classCount);

    private static double[][] Points() =>
        [[1, 0.5], [-1, 0.25], [0.5, 2], [1.5, -1], [0, -1], [0.25, 1], [-0.5, 1.5], [2, 2]];

    // The objective as it is documented, in plain numbers.
    private static double Objective(
        double[][] rows, Func<double[][], IEnumerable<double>> losses, double[] weights, double[] parameters, double strength)
    {
        var (total, width) = (weights.Sum(), rows[0].Length);
        double[] mean = [.. Enumerable.Range(0, width).Select(i => rows.Zip(weights, (row, weight) => row[i] * weight).Sum() / total)];
        var size = rows.Zip(weights, (row, weight) => weight * row.Zip(mean, (x, m) => (x - m) * (x - m)).Sum()).Sum() / total;
        double[][] logits =
        [
            .. rows.Select(row => Enumerable.Range(0, 3).Select(k =>
                parameters[3 * width + k] + row.Select((x, i) => x * parameters[k * width + i]).Sum()).ToArray()),
        ];
        return losses(logits).Zip(weights, (loss, weight) => loss * weight).Sum() / total
            + strength / 2 * size * parameters.Take(3 * width).Sum(value => value * value);
    }

    // Bright on the left, or on the right.
    private static DecodedCache Sides()
    {
        var shape = new ImageShape(3, 16, 16);
        var rows = new DecodedCache(shape, ["left", "right"]);
        var random = new Random(5);
        for (var row = 0; row < 24; row++)
        {
            var pixels = new byte[shape.ByteCount];
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = (byte)(random.Next(40) + (i % 16 < 8 == (row % 2 == 0) ? 200 : 0));
            rows.Add(pixels, row % 2);
        }

        return rows;
    }

    private sealed class Listener(List<string> messages) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning) => messages.Add(message);
    }
}
