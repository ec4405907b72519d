namespace TfKd.Tests;

/// <summary>The controls against what they control, and every recipe in a run.</summary>
public sealed class RecipeControlTests
{
    private static readonly TeacherSource _teacher = new VirtualTeacher { CorrectProbability = 0.6 };

    public static IReadOnlyDictionary<string, Func<TrainingPlan>> Plans { get; } = new Dictionary<string, Func<TrainingPlan>>
    {
        ["Baseline"] = () => TfKdRecipes.Baseline(PaperNetwork.ResNet18),
        ["Baseline by Adam"] = () => TfKdRecipes.Baseline(PaperNetwork.PlainCnn),
        ["LabelSmoothing"] = () => TfKdRecipes.LabelSmoothing(PaperNetwork.GoogLeNet),
        ["LabelSmoothing, code"] = () => TfKdRecipes.LabelSmoothing(PaperNetwork.GoogLeNet, RecipeSource.ReferenceCode),
        ["Kd"] = () => TfKdRecipes.Kd(PaperNetwork.MobileNetV2, PaperNetwork.ResNet18, _teacher),
        ["Kd, code"] = () => TfKdRecipes.Kd(PaperNetwork.MobileNetV2, PaperNetwork.ResNet18, _teacher, RecipeSource.ReferenceCode),
        ["ReKd"] = () => TfKdRecipes.ReKd(PaperNetwork.DenseNet121, PaperNetwork.ShuffleNetV2, _teacher),
        ["DeKd"] = () => TfKdRecipes.DeKd(PaperNetwork.ResNet18, PaperNetwork.ResNet50, _teacher),
        ["TfKdSelf"] = () => TfKdRecipes.TfKdSelf(PaperNetwork.ResNet18, _teacher),
        ["TfKdSelf, code"] = () => TfKdRecipes.TfKdSelf(PaperNetwork.MobileNetV2, _teacher, RecipeSource.ReferenceCode),
        ["TfKdReg"] = () => TfKdRecipes.TfKdReg(PaperNetwork.ResNet18),
        ["TfKdReg, code"] = () => TfKdRecipes.TfKdReg(PaperNetwork.ResNet18, RecipeSource.ReferenceCode),
        ["LabelSmoothingEquivalent"] = () => TfKdRecipes.LabelSmoothingEquivalent(PaperNetwork.MobileNetV2, classCount: 4),
        ["RescaledCrossEntropy"] = () => TfKdRecipes.RescaledCrossEntropy(PaperNetwork.MobileNetV2, classCount: 4),
        ["DoubleTraining"] = () => TfKdRecipes.DoubleTraining(PaperNetwork.ResNet18),
    };

    public static TheoryData<string> Names => [.. Plans.Keys];

    [Theory]
    [InlineData(nameof(PaperNetwork.ResNet18), 0.0999493, 1)]
    [InlineData(nameof(PaperNetwork.GoogLeNet), 0.0526184, 0.95)]
    [InlineData(nameof(PaperNetwork.MobileNetV2), 0.1596240, 0.0595)]
    [InlineData(nameof(PaperNetwork.ShuffleNetV2), 0.1594983, 0.0595)]
    public void Strength_and_weight_are_those_of_the_codes_tf_kd_reg(string name, double smoothing, double weight)
    {
        var network = Named(name);
        Assert.Equal(smoothing, SmoothingOf(TfKdRecipes.LabelSmoothingEquivalent(network)), 1e-6);
        Assert.Equal(weight, WeightOf(TfKdRecipes.RescaledCrossEntropy(network)), 1e-12);
    }

    [Theory]
    [InlineData(nameof(PaperNetwork.ResNet18), 100)]
    [InlineData(nameof(PaperNetwork.GoogLeNet), 100)]
    [InlineData(nameof(PaperNetwork.MobileNetV2), 100)]
    [InlineData(nameof(PaperNetwork.ShuffleNetV2), 100)]
    [InlineData(nameof(PaperNetwork.ResNet18), 10)]
    [InlineData(nameof(PaperNetwork.MobileNetV2), 2)]
    public void Codes_tf_kd_reg_is_label_smoothing_times_a_weight_but_for_a_constant(string name, int classCount)
    {
        var network = Named(name);
        var code = TfKdRecipes.TfKdReg(network, RecipeSource.ReferenceCode).Objective;
        var control =
            WeightOf(TfKdRecipes.RescaledCrossEntropy(network, classCount)) * TfKdRecipes.LabelSmoothingEquivalent(network, classCount).Objective;
        var batches = Enumerable.Range(1, 5).Select(seed => LogitBatch.Random(seed, rows: 4, classCount, scale: 5)).ToArray();

        var constants = batches.Select(batch =>
        {
            var (left, right) = (batch.ValueAndGradient(code), batch.ValueAndGradient(control));
            Assert.All(left.Gradient.Zip(right.Gradient), row =>
                Assert.All(row.First.Zip(row.Second), pair => Assert.Equal(pair.First, pair.Second, 1e-12)));
            Assert.Contains(left.Gradient, row => row.Any(gradient => Math.Abs(gradient) > 1e-3));
            return left.Value - right.Value;
        }).ToArray();
        Assert.All(constants, constant => Assert.Equal(constants[0], constant, 1e-12));
    }

    [Fact]
    public void Rescaled_cross_entropy_is_the_baseline_where_the_weights_add_up_to_one()
    {
        var batch = LogitBatch.Random(seed: 1, rows: 4, classes: 100);

        Assert.Equal(
            batch.Value(TfKdRecipes.Baseline(PaperNetwork.ResNet18).Objective),
            batch.Value(TfKdRecipes.RescaledCrossEntropy(PaperNetwork.ResNet18).Objective),
            1e-12);
        Assert.NotEqual(
            batch.Value(TfKdRecipes.Baseline(PaperNetwork.ResNet18).Objective),
            batch.Value(TfKdRecipes.RescaledCrossEntropy(PaperNetwork.ResNet18, classCount: 10).Objective),
            1e-3);
    }

    [Fact]
    public void A_single_class_has_no_control()
    {
        Assert.Equal(
            "classCount",
            Assert.Throws<ArgumentOutOfRangeException>(() => TfKdRecipes.LabelSmoothingEquivalent(PaperNetwork.ResNet18, 1)).ParamName);
        Assert.Equal(
            "classCount",
            Assert.Throws<ArgumentOutOfRangeException>(() => TfKdRecipes.RescaledCrossEntropy(PaperNetwork.ResNet18, 1)).ParamName);
    }

    [Fact]
    public void Double_training_goes_through_the_schedule_twice()
    {
        var (once, twice) = (TfKdRecipes.Baseline(PaperNetwork.ResNet18), TfKdRecipes.DoubleTraining(PaperNetwork.ResNet18));
        double[] epochs = [0.25, 1, 59.5, 60.5, 130, 199.9, 200];

        Assert.All(epochs, epoch =>
            Assert.Equal(once.Schedule.Factor(epoch, once.MaxEpochs), twice.Schedule.Factor(epoch, twice.MaxEpochs), 1e-12));
        Assert.All(epochs, epoch =>
            Assert.Equal(once.Schedule.Factor(epoch, once.MaxEpochs), twice.Schedule.Factor(200 + epoch, twice.MaxEpochs), 1e-12));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_recipe_runs(string name)
    {
        var trainer = new Trainer(Plans[name]() with { MaxEpochs = 1, BatchSize = 16 });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = new ImageShape(3, 16, 16), Width = 8 }, 4);

        var result = trainer.Run(student, PatternSource.Create(48), PatternSource.Create(16, seed: 2));

        Assert.True(double.IsFinite(result.Best.TrainingLoss));
        Assert.Equal(16, result.Best.Validation!.Count);
    }

    private static double SmoothingOf(TrainingPlan plan)
    {
        var smoothing = Assert.IsType<LabelSmoothing>(plan.Objective);
        Assert.Equal(SmoothingConvention.Uniform, smoothing.Convention);
        return smoothing.Smoothing;
    }

    private static PaperNetwork Named(string name) => PaperNetwork.All.Single(network => network.Name == name);

    private static double WeightOf(TrainingPlan plan)
    {
        var term = Assert.Single(Assert.IsType<WeightedSum>(plan.Objective).Terms);
        Assert.Equal(new CrossEntropy(), term.Objective);
        return term.Weight;
    }
}
