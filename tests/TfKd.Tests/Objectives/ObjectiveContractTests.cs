using System.Reflection;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>
/// What every objective of the library must keep. A new one fails <see cref="Every_objective_has_a_row"/> until it has a row here.
/// </summary>
public sealed class ObjectiveContractTests
{
    private const ObjectiveNeeds FeaturesOfBoth = ObjectiveNeeds.Teacher | ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures;

    private const string BatchNorm = "its map is normalised by the batch's statistics";

    private static readonly Dictionary<string, Row> _rows = new Row[]
    {
        new(() => new CrossEntropy(), ObjectiveNeeds.None, "CrossEntropy { }"),
        new(() => new LabelSmoothing { Smoothing = 0.2 }, ObjectiveNeeds.None, "LabelSmoothing { Smoothing = 0.2, Convention = Uniform }"),
        new(() => new SoftTargetKl { Temperature = 2 }, ObjectiveNeeds.Teacher, "SoftTargetKl { Temperature = 2, Reduction = PerRow, "
            + "SoftenStudent = True }"),
        new(() => new KnowledgeDistillation { Alpha = 0.5 }, ObjectiveNeeds.Teacher, "KnowledgeDistillation { Alpha = 0.5, Temperature = "
            + "4, Form = Hinton, Multiplier = 1 }"),
        new(() => new TfKdRegularization { Alpha = 0.5 }, ObjectiveNeeds.None, "TfKdRegularization { Alpha = 0.5, Temperature = 20, "
            + "CorrectProbability = 0.99, Form = Paper, Multiplier = 1 }"),
        new(() => new ConfidencePenalty(), ObjectiveNeeds.None, "ConfidencePenalty { }"),
        new(() => new MaxSuppression(), ObjectiveNeeds.None, "MaxSuppression { }"),
        new(() => new FocalLoss { Gamma = 3 }, ObjectiveNeeds.HardLabels, "FocalLoss { Gamma = 3 }"),
        new(() => new PolyLoss { Epsilon = 2 }, ObjectiveNeeds.HardLabels, "PolyLoss { Epsilon = 2 }"),
        // So small that no row is inside, where the gradient ends.
        new(() => new LabelRelaxation { Alpha = 0.001 }, ObjectiveNeeds.HardLabels, "LabelRelaxation { Alpha = 0.001 }"),
        new(() => 0.5 * new LabelSmoothing() + new CrossEntropy(), ObjectiveNeeds.None, "0.5 * LabelSmoothing { Smoothing = 0.1, "
            + "Convention = Uniform } + 1 * CrossEntropy { }"),
        new(() => new DecoupledKd { Beta = 2 }, ObjectiveNeeds.Teacher | ObjectiveNeeds.HardLabels, "DecoupledKd { Alpha = 1, Beta = 2, "
            + "Temperature = 4 }"),
        new(() => new NormalizedKd { Gamma = 2 }, ObjectiveNeeds.Teacher | ObjectiveNeeds.HardLabels, "NormalizedKd { Gamma = 2, "
            + "Temperature = 1 }"),
        new(() => new Dist { Beta = 2 }, ObjectiveNeeds.Teacher | ObjectiveNeeds.WholeBatch, "Dist { Beta = 2, Gamma = 1, Temperature = 1, Form = Paper }", "correlates over the rows of the batch"),
        new(() => new WeightedSoftLabelKd { Temperature = 3 }, ObjectiveNeeds.Teacher | ObjectiveNeeds.HardLabels, "WeightedSoftLabelKd { "
            + "Temperature = 3 }"),
        new(() => new LogitStandardization { Inner = new NormalizedKd() }, ObjectiveNeeds.Teacher | ObjectiveNeeds.HardLabels, "LogitStandardization { Inner = NormalizedKd { Gamma = 1.5, Temperature = 1 } }"),
        new(() => new Ramped { Inner = new LabelSmoothing(), From = 0.5 }, ObjectiveNeeds.None, "Ramped { Inner = LabelSmoothing { "
            + "Smoothing = 0.1, Convention = Uniform }, From = 0.5, To = 1, StartEpoch = 0, Epochs = all }"),
        new(() => new OnlineLabelSmoothing { Alpha = 0.3 }, ObjectiveNeeds.HardLabels | ObjectiveNeeds.WholeBatch, "OnlineLabelSmoothing { Alpha = 0.3 }"),
        new(() => new ClassWiseSelfKd { Weight = 2 }, ObjectiveNeeds.HardLabels | ObjectiveNeeds.ClassPartners, "ClassWiseSelfKd { Temperature = 4, Weight = 2 }"),
        new(() => new TargetFreeSelfKd { Mu = 0.1 }, ObjectiveNeeds.HardLabels | ObjectiveNeeds.StudentFeatures
            | ObjectiveNeeds.WholeBatch, "TargetFreeSelfKd { Alpha = 1, Beta = 0.1, Mu = 0.1, Stage = -2, Ranking = Probabilities }", "its soft target of a row holds the mean over the batch"),
        new(() => new FeatureHint { StudentStage = 0 }, FeaturesOfBoth, "FeatureHint { StudentStage = 0, TeacherStage =  }"),
        new(() => new AttentionTransfer { Exponent = 3 }, FeaturesOfBoth, "AttentionTransfer { StagePairs = , Exponent = 3, Form = "
            + "ReferenceCode }"),
        new(() => new RelationalKd { AngleWeight = 40 }, FeaturesOfBoth | ObjectiveNeeds.WholeBatch, "RelationalKd { StudentStage = -1, TeacherStage = -1, "
            + "DistanceWeight = 25, AngleWeight = 40 }", "compares pairs and triples of rows"),
        new(() => new SimilarityPreserving { StudentStage = 0 }, FeaturesOfBoth | ObjectiveNeeds.WholeBatch, "SimilarityPreserving { "
            + "StudentStage = 0, TeacherStage = -1 }", "compares pairs of rows", "its entries shrink as the batch grows"),
        new(() => new ProbabilisticKnowledgeTransfer(), FeaturesOfBoth | ObjectiveNeeds.WholeBatch, "ProbabilisticKnowledgeTransfer { StudentStage = -1, "
            + "TeacherStage = -1 }", "its neighbours are the rows of the batch", "its terms shrink as the batch grows"),
        new(() => new CorrelationCongruence { Gamma = 0.5 }, FeaturesOfBoth | ObjectiveNeeds.WholeBatch, "CorrelationCongruence { StudentStage = -1, "
            + "TeacherStage = -1, Gamma = 0.5, Order = 2 }", "compares pairs of rows"),
        new(() => new NeuronSelectivityTransfer { TeacherStage = 1 }, FeaturesOfBoth, "NeuronSelectivityTransfer { StudentStage = -1, "
            + "TeacherStage = 1 }"),
        new(() => new VariationalInformation(), FeaturesOfBoth, "VariationalInformation { StudentStage = -1, TeacherStage = -1 }"),
        new(() => new SoftmaxRegressionRepresentation { FeatureWeight = 2 },
            FeaturesOfBoth | ObjectiveNeeds.TeacherClassifier | ObjectiveNeeds.WholeBatch,
            "SoftmaxRegressionRepresentation { StudentStage = -1, FeatureWeight = 2, RegressionWeight = 1 }", BatchNorm),
        new(() => new KnowledgeReview { StagePairs = 2 }, FeaturesOfBoth | ObjectiveNeeds.WholeBatch, "KnowledgeReview { StagePairs = 2 }", BatchNorm),
        new(() => new OverhaulDistillation { StagePairs = 2 },
            FeaturesOfBoth | ObjectiveNeeds.PreActivations | ObjectiveNeeds.WholeBatch, "OverhaulDistillation { StagePairs = 2 }", BatchNorm),
        new(() => new ContrastiveRepresentation { Negatives = 50 }, FeaturesOfBoth | ObjectiveNeeds.RowIds | ObjectiveNeeds.WholeBatch,
            "ContrastiveRepresentation { "
            + "StudentStage = -1, TeacherStage = -1, Negatives = 50, Temperature = 0.07, Momentum = 0.5, EmbeddingSize = 128 }",
            "the first batch sets its scale", "draws rows to compare with"),
        new(() => new ReusedClassifier(), FeaturesOfBoth | ObjectiveNeeds.TeacherClassifier | ObjectiveNeeds.ReusedClassifier,
            "ReusedClassifier { }"),
        new(() => new HardTargetCrossEntropy(), ObjectiveNeeds.Teacher, "HardTargetCrossEntropy { }"),
        new(() => new MultiLevelKd { Temperatures = [3] }, ObjectiveNeeds.Teacher | ObjectiveNeeds.WholeBatch, "MultiLevelKd { Temperatures = [3], InstanceWeight = 1, "
            + "BatchWeight = 1, ClassWeight = 1 }", "compares pairs of rows", "its sums grow with the batch"),
        new(() => new CurriculumTemperatureKd { RampEpochs = 4 }, ObjectiveNeeds.Teacher, "CurriculumTemperatureKd { LowestTemperature = 1, "
            + "TemperatureRange = 20, MaxReversal = 1, RampEpochs = 4 }"),
        new(() => new BinaryCrossEntropy { Smoothing = 0.2 }, ObjectiveNeeds.None, "BinaryCrossEntropy { PositiveWeights = , "
            + "Smoothing = 0.2 }"),
        new(() => new BinaryKd { Temperature = 3 }, ObjectiveNeeds.Teacher, "BinaryKd { Temperature = 3 }"),
    }.ToDictionary(row => row.Make().GetType().Name);

    public static TheoryData<string> Names => [.. _rows.Keys];

    public static TheoryData<string> NamesOfMeans => [.. _rows.Where(row => row.Value.NoMeanOverRows is null).Select(row => row.Key)];

    public static TheoryData<string> NamesOfAnyCount => [.. _rows.Where(row => row.Value.DependsOnCount is null).Select(row => row.Key)];

    [Fact]
    public void Every_objective_has_a_row()
    {
        var objectives = typeof(Objective).Assembly
            .GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Objective)) && !type.IsAbstract)
            .Select(type => type.Name);

        Assert.Equal(objectives.Order(), _rows.Keys.Order());
    }

    [Fact]
    public void Every_objective_is_a_sealed_record_without_settable_properties() =>
        Assert.All(
            typeof(Objective).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Objective)) && !type.IsAbstract),
            type =>
            {
                Assert.True(type.IsSealed, type.Name);
                Assert.All(
                    type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null),
                    property => Assert.Contains(
                        typeof(System.Runtime.CompilerServices.IsExternalInit),
                        property.SetMethod!.ReturnParameter.GetRequiredCustomModifiers()));
            });

    [Theory]
    [MemberData(nameof(Names))]
    public void Needs_and_text_are_as_stated(string name)
    {
        var row = _rows[name];

        Assert.Equal(row.Needs, row.Make().Needs);
        Assert.Equal(row.Text, row.Make().ToString());
    }

    /// <summary>What is no mean over rows cannot be computed by parts; online label smoothing is one, and gathers labels over all rows.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void What_cannot_be_computed_by_parts_needs_the_whole_batch(string name) => Assert.Equal(
        _rows[name].NoMeanOverRows is not null || name == nameof(OnlineLabelSmoothing),
        _rows[name].Make().Needs.HasFlag(ObjectiveNeeds.WholeBatch));

    [Theory]
    [MemberData(nameof(Names))]
    public void Objectives_of_equal_settings_are_equal(string name)
    {
        var make = _rows[name].Make;

        Assert.Equal(make(), make());
        Assert.Equal(make().GetHashCode(), make().GetHashCode());
        Assert.All(_rows.Values.Where(row => row != _rows[name]), row => Assert.NotEqual(row.Make(), make()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Missing_teacher_is_named(string name)
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 1, rows: 2, classes: 3);
        var (student, labels) = (LogitBatch.ToTensor(batch.Student), batch.LabelTensor());

        if (_rows[name].Needs.HasFlag(ObjectiveNeeds.Teacher))
            Assert.Equal(
                $"{name} needs a teacher's logits. (Parameter 'teacherLogits')",
                Assert.Throws<ArgumentNullException>(() => _rows[name].Make().Evaluate(student, labels)).Message);
        else
            Assert.True(double.IsFinite(Evaluation.Of(_rows[name].Make(), student, labels).item<double>()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradient_reaches_each_logit_of_the_student_and_none_of_the_teacher(string name)
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 2, rows: 3, classes: 4);
        var student = LogitBatch.ToTensor(batch.Student, ScalarType.Float32).requires_grad_();
        var teacher = LogitBatch.ToTensor(batch.Teacher, ScalarType.Float32).requires_grad_();

        Evaluation.Of(_rows[name].Make(), student, batch.LabelTensor(), teacher).backward();

        Assert.All(student.grad!.data<float>().ToArray(), gradient =>
            Assert.True(float.IsFinite(gradient) && gradient != 0, $"{gradient}"));
        Assert.Null(teacher.grad);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Result_is_a_scalar_of_the_logits_type_and_the_same_in_both(string name)
    {
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 3, rows: 5, classes: 100);
        Tensor Evaluate(
            ScalarType type) =>
                Evaluation.Of(
                    _rows[name].Make(),
                    LogitBatch.ToTensor(batch.Student, type),
                    batch.LabelTensor(),
                    LogitBatch.ToTensor(batch.Teacher, type));
        var (single, twice) = (Evaluate(ScalarType.Float32), Evaluate(ScalarType.Float64));

        Assert.Equal(ScalarType.Float32, single.dtype);
        Assert.Equal(ScalarType.Float64, twice.dtype);
        Assert.Empty(single.shape);
        Assert.Equal(twice.item<double>(), single.item<float>(), 1e-5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void In_a_run_of_bfloat16_the_value_is_that_of_float32(string name)
    {
        if (!Autocast.CanSwitch)
            Assert.Skip("This build of libtorch has no switch for bfloat16 that is known here.");
        using var scope = NewDisposeScope();
        var batch = LogitBatch.Random(seed: 3, rows: 5, classes: 100);
        var (expected, gradient) = Compute(Precision.Float32);
        var (value, found) = Compute(Precision.BFloat16);
        Assert.Equal(expected, value, 1e-6 * Math.Abs(expected));
        var largest = gradient.abs().max().item<float>();
        Assert.InRange((gradient - found).abs().max().item<float>(), 0, 1e-5f * largest);

        (float Value, Tensor Gradient) Compute(Precision precision)
        {
            random.manual_seed(1);
            using var log = new LossLog();
            // Sums of labels are kept in float64.
            var type = Evaluation.LooksAtFeatures(_rows[name].Make()) ? ScalarType.Float32 : ScalarType.Float64;
            using var states = Evaluation.States(_rows[name].Make(), 100, type);
            var student = LogitBatch.ToTensor(batch.Student, ScalarType.Float32).requires_grad_();
            // Features are made of the logits by products, which are not the objective's.
            var input = Evaluation.Input(
                student, Targets.FromLabels(batch.LabelTensor(), 100), LogitBatch.ToTensor(batch.Teacher, ScalarType.Float32), log, states);
            Tensor result;
            using (var _ = (ComputePath.Default with { Precision = precision }).Enter())
            {
                result = _rows[name].Make().Compute(input);
                Assert.Equal(precision == Precision.BFloat16, Autocast.Enabled);
            }

            result.backward();
            return (result.item<float>(), student.grad!);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Extreme_logits_give_finite_values_and_gradients(string name)
    {
        using var scope = NewDisposeScope();
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            var student = tensor([1e4, 0, -1e4, -1e4, 0, 1e4], [2, 3], type).requires_grad_();
            var teacher = tensor([0, double.NegativeInfinity, 1e4, 1e4, double.NegativeInfinity, double.NegativeInfinity], [2, 3], type);

            var value = Evaluation.Of(_rows[name].Make(), student, tensor([1L, 0L]), teacher);
            value.backward();

            Assert.True(isfinite(value).item<bool>());
            Assert.True(isfinite(student.grad!).all().item<bool>());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Row_weights_of_one_change_nothing(string name)
    {
        var batch = LogitBatch.Random(seed: 4, rows: 3, classes: 4);

        Assert.Equal(Value(name, batch), Value(name, batch, 1, 1, 1), 1e-12);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rows_that_all_weigh_nothing_are_of_no_account(string name)
    {
        var (value, gradient) = ValueAndGradient(name, LogitBatch.Random(seed: 4, rows: 3, classes: 4), [0, 0, 0]);

        Assert.Equal(0, value, 1e-12);
        Assert.All(gradient.SelectMany(row => row), number => Assert.Equal(0, number, 1e-12));
    }

    // A batch may have rows that weigh more than those of others.
    [Fact]
    public void A_batch_of_heavy_rows_is_a_multiple_of_itself()
    {
        var batch = LogitBatch.Random(seed: 4, rows: 3, classes: 4);

        Assert.Equal(4 * Value(nameof(TargetFreeSelfKd), batch, 1, 1, 1), Value(nameof(TargetFreeSelfKd), batch, 4, 4, 4), 1e-12);
    }

    [Theory]
    [MemberData(nameof(NamesOfAnyCount))]
    public void A_row_of_double_weight_counts_as_two_rows(string name)
    {
        var batch = LogitBatch.Random(seed: 5, rows: 3, classes: 4);
        var repeated = batch.Reordered([0, 1, 1, 2]);

        Assert.Equal(Value(name, repeated), Value(name, batch, 0.75, 1.5, 0.75), 1e-12);
    }

    [Theory]
    [InlineData(nameof(SimilarityPreserving))]
    [InlineData(nameof(ProbabilisticKnowledgeTransfer))]
    public void Where_the_value_depends_on_the_count_of_rows_weights_change_it_as_repeated_rows_do_but_for_that_count(string name)
    {
        // Weights 3/4, 3/2 and 3/4 are those of four rows, two of them equal, times 3/4, of which three are in the batch.
        var batch = LogitBatch.Random(seed: 5, rows: 3, classes: 4);
        var repeated = batch.Reordered([0, 1, 1, 2]);
        Assert.Equal(
            4 / 3.0 * Value(name, repeated),
            Value(name, batch, 0.75, 1.5, 0.75),
            1e-12);
    }

    [Theory]
    [MemberData(nameof(NamesOfMeans))]
    public void Row_weights_weigh_the_value_and_the_gradient_of_each_row(string name)
    {
        var batch = LogitBatch.Random(seed: 7, rows: 4, classes: 5);
        double[] weights = [0.25, 1.5, 0, 2.25];
        var alone = weights.Select((_, row) => ValueAndGradient(name, batch.Reordered([row]), [1])).ToArray();

        var (value, gradient) = ValueAndGradient(name, batch, weights);

        Assert.Equal(alone.Zip(weights, (one, weight) => weight * one.Value).Average(), value, 1e-12);
        Assert.All(alone.Zip(weights, gradient), row => Assert.All(
            row.First.Gradient[0].Zip(row.Third), pair => Assert.Equal(row.Second * pair.First / weights.Length, pair.Second, 1e-12)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Evaluation_leaves_one_tensor_and_its_arguments_alive(string name)
    {
        using var scope = NewDisposeScope();
        var objective = _rows[name].Make();
        var batch = LogitBatch.Random(seed: 6, rows: 3, classes: 4);
        var (student, labels, teacher) = (LogitBatch.ToTensor(batch.Student).requires_grad_(), batch.LabelTensor(), LogitBatch.ToTensor(
            batch.Teacher));
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        for (var i = 0; i < 50; i++)
        {
            using var value = Evaluation.Of(objective, student, labels, teacher);
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.All([student, labels, teacher], tensor => Assert.False(tensor.IsInvalid));
    }

    private static double Value(string name, LogitBatch batch, params double[] weights) => ValueAndGradient(name, batch, weights).Value;

    private static (double Value, double[][] Gradient) ValueAndGradient(string name, LogitBatch batch, double[] weights)
    {
        using var scope = NewDisposeScope();
        var rowWeights = weights.Length == 0 ? null : tensor(weights);
        var student = LogitBatch.ToTensor(batch.Student).requires_grad_();
        var value = Evaluation.Of(_rows[name].Make(), student, batch.LabelTensor(), LogitBatch.ToTensor(batch.Teacher), rowWeights);
        value.backward();
        return (value.item<double>(), [.. student.grad!.data<double>().ToArray().Chunk(batch.Classes)]);
    }

    /// <param name="Make">Makes the objective.</param>
    /// <param name="Needs">What it needs.</param>
    /// <param name="Text">What it prints.</param>
    /// <param name="NoMeanOverRows">Why it is not the mean of what each row gives alone; null where it is.</param>
    /// <param name="DependsOnCount">Why more rows of the same kind give another value; null where they do not.</param>
    private sealed record Row(
        Func<Objective> Make, ObjectiveNeeds Needs, string Text, string? NoMeanOverRows = null, string? DependsOnCount = null);
}
