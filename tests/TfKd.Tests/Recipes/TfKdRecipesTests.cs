using Paper = TfKd.PaperNetwork;

namespace TfKd.Tests;

/// <summary>The recipes against the numbers of the reference code's files, one row a file.</summary>
public sealed class TfKdRecipesTests
{
    private static readonly TeacherSource _teacher = new UniformTeacher();

    /// <summary>base_experiments: network, rate, batch.</summary>
    public static TheoryData<string, double, int> Alone => new()
    {
        { nameof(Paper.MobileNetV2), 0.1, 128 },
        { nameof(Paper.ShuffleNetV2), 0.1, 128 },
        { nameof(Paper.ResNet18), 0.1, 128 },
        { nameof(Paper.GoogLeNet), 0.1, 64 },
        { nameof(Paper.DenseNet121), 0.1, 128 },
        { nameof(Paper.ResNeXt29), 0.1, 64 },
        { nameof(Paper.ResNeXt101), 0.1, 64 },
        { nameof(Paper.ResNet50), 0.1, 64 },
        { nameof(Paper.AlexNet), 0.01, 128 },
        { nameof(Paper.Vgg19), 0.01, 128 },
        { nameof(Paper.PlainCnn), 0.1, 128 },
    };

    /// <summary>base_experiments: network, batch, reg_alpha, reg_temperature, multiplier (0: none).</summary>
    public static TheoryData<string, int, double, double, double> Regularization => new()
    {
        { nameof(Paper.MobileNetV2), 128, 0.95, 40, 1 },
        { nameof(Paper.ShuffleNetV2), 128, 0.95, 10, 1 },
        { nameof(Paper.ResNet18), 128, 0.1, 20, 100 },
        { nameof(Paper.GoogLeNet), 64, 0.1, 40, 50 },
        { nameof(Paper.DenseNet121), 128, 0.1, 40, 0 },
        { nameof(Paper.ResNeXt29), 64, 0.5, 40, 0 },
        { nameof(Paper.ResNeXt101), 64, 0.5, 40, 0 },
    };

    /// <summary>kd_experiments, self teachers: network, batch, rate, alpha, temperature, multiplier (0: none).</summary>
    public static TheoryData<string, int, double, double, double, double> Self => new()
    {
        { nameof(Paper.MobileNetV2), 128, 0.1, 0.95, 20, 1 },
        { nameof(Paper.ShuffleNetV2), 128, 0.1, 0.95, 20, 1 },
        { nameof(Paper.ResNet18), 128, 0.1, 0.95, 6, 50 },
        { nameof(Paper.ResNet50), 128, 0.1, 0.95, 6, 0 },
        { nameof(Paper.GoogLeNet), 64, 0.1, 0.4, 20, 50 },
        { nameof(Paper.DenseNet121), 100, 0.1, 0.9, 20, 50 },
        { nameof(Paper.ResNeXt29), 64, 0.1, 0.9, 20, 100 },
        { nameof(Paper.AlexNet), 128, 0.01, 0.1, 20, 0 },
    };

    /// <summary>kd_experiments: recipe, student, teacher, alpha, temperature, batch.</summary>
    public static TheoryData<string, string, string, double, double, int> Pairs => new()
    {
        { "KD", nameof(Paper.MobileNetV2), nameof(Paper.ResNet18), 0.95, 20, 128 },
        { "KD", nameof(Paper.MobileNetV2), nameof(Paper.ResNet50), 0.95, 20, 128 },
        { "KD", nameof(Paper.MobileNetV2), nameof(Paper.DenseNet121), 0.95, 20, 128 },
        { "KD", nameof(Paper.MobileNetV2), nameof(Paper.ResNet101), 0.95, 20, 128 },
        { "KD", nameof(Paper.MobileNetV2), nameof(Paper.ResNeXt29), 0.95, 20, 64 },
        { "KD", nameof(Paper.ShuffleNetV2), nameof(Paper.ResNet18), 0.95, 20, 128 },
        { "KD", nameof(Paper.ShuffleNetV2), nameof(Paper.ResNet50), 0.95, 20, 128 },
        { "KD", nameof(Paper.ShuffleNetV2), nameof(Paper.DenseNet121), 0.95, 20, 128 },
        { "KD", nameof(Paper.ShuffleNetV2), nameof(Paper.ResNeXt29), 0.95, 20, 64 },
        { "KD", nameof(Paper.ResNet18), nameof(Paper.ResNet50), 0.6, 20, 64 },
        { "KD", nameof(Paper.ResNet18), nameof(Paper.ResNeXt29), 0.6, 20, 64 },
        { "KD", nameof(Paper.PlainCnn), nameof(Paper.ResNet18), 0.9, 20, 128 },
        { "Re-KD", nameof(Paper.ResNet18), nameof(Paper.MobileNetV2), 0.6, 20, 128 },
        { "Re-KD", nameof(Paper.ResNet18), nameof(Paper.ShuffleNetV2), 0.6, 20, 128 },
        { "Re-KD", nameof(Paper.ResNet50), nameof(Paper.MobileNetV2), 0.6, 20, 128 },
        { "Re-KD", nameof(Paper.ResNet50), nameof(Paper.ShuffleNetV2), 0.6, 20, 128 },
        { "Re-KD", nameof(Paper.DenseNet121), nameof(Paper.MobileNetV2), 0.6, 20, 128 },
        { "Re-KD", nameof(Paper.DenseNet121), nameof(Paper.ShuffleNetV2), 0.6, 20, 100 },
        { "Re-KD", nameof(Paper.ResNeXt29), nameof(Paper.MobileNetV2), 0.6, 20, 64 },
        { "Re-KD", nameof(Paper.ResNeXt29), nameof(Paper.ResNet18), 0.6, 20, 64 },
        { "De-KD", nameof(Paper.MobileNetV2), nameof(Paper.ResNet18), 0.95, 20, 128 },
        { "De-KD", nameof(Paper.ShuffleNetV2), nameof(Paper.ResNet18), 0.95, 20, 128 },
        { "De-KD", nameof(Paper.MobileNetV2), nameof(Paper.ResNet50), 0.95, 20, 128 },
        { "De-KD", nameof(Paper.ShuffleNetV2), nameof(Paper.ResNet50), 0.95, 20, 128 },
        { "De-KD", nameof(Paper.ResNet18), nameof(Paper.ResNet50), 0.6, 20, 64 },
        { "De-KD", nameof(Paper.MobileNetV2), nameof(Paper.ResNeXt29), 0.95, 20, 64 },
        { "De-KD", nameof(Paper.ShuffleNetV2), nameof(Paper.ResNeXt29), 0.95, 20, 64 },
        { "De-KD", nameof(Paper.ResNet18), nameof(Paper.ResNeXt29), 0.6, 20, 64 },
    };

    [Theory]
    [MemberData(nameof(Alone))]
    public void Baseline_smoothing_and_double_training_have_the_files_rate_and_batch(string name, double learningRate, int batchSize)
    {
        var network = Named(name);
        var baseline = TfKdRecipes.Baseline(network);
        IsPlanOf(baseline, network, learningRate, batchSize);
        Assert.Equal(new CrossEntropy(), baseline.Objective);

        Assert.Equal(
            (baseline with { Objective = new LabelSmoothing { Smoothing = 0.1, Convention = SmoothingConvention.Uniform } }).Describe(),
            TfKdRecipes.LabelSmoothing(network).Describe());
        Assert.Equal(
            (baseline with { Objective = new LabelSmoothing { Smoothing = 0.1, Convention = SmoothingConvention.OffTarget } }).Describe(),
            TfKdRecipes.LabelSmoothing(network, RecipeSource.ReferenceCode).Describe());
        Assert.Equal(
            (baseline with
            {
                MaxEpochs = 400,
                Schedule = new RepeatedSchedule { Inner = baseline.Schedule, Epochs = 200 },
            }).Describe(), TfKdRecipes.DoubleTraining(network).Describe());
    }

    [Theory]
    [MemberData(nameof(Regularization))]
    public void Tf_kd_reg_has_the_files_numbers(string name, int batchSize, double alpha, double temperature, double multiplier)
    {
        var network = Named(name);
        var paper = TfKdRecipes.TfKdReg(network);
        IsPlanOf(paper, network, 0.1, batchSize);
        Assert.Equal(
            new TfKdRegularization { Alpha = alpha, Temperature = temperature, CorrectProbability = 0.99, Form = TfKdForm.Paper },
            paper.Objective);
        if (multiplier == 0)
        {
            var message =
                $"Tf-KD_reg of the reference code has no multiplier for {network}, without which that code stops; take "
                    + "RecipeSource.Paper. (Parameter 'network')";
            Assert.Equal(message, Refusal(() => TfKdRecipes.TfKdReg(network, RecipeSource.ReferenceCode)));
            Assert.Equal(message, Refusal(() => TfKdRecipes.LabelSmoothingEquivalent(network)));
            Assert.Equal(message, Refusal(() => TfKdRecipes.RescaledCrossEntropy(network)));
            return;
        }

        var code = TfKdRecipes.TfKdReg(network, RecipeSource.ReferenceCode);
        Assert.Equal(
            new TfKdRegularization
            {
                Alpha = alpha,
                Temperature = temperature,
                CorrectProbability = 0.99,
                Form = TfKdForm.ReferenceCode,
                Multiplier = multiplier,
            },
            code.Objective);
        Assert.Equal(paper.Describe(), (code with { Objective = paper.Objective }).Describe());
    }

    [Theory]
    [MemberData(nameof(Self))]
    public void Tf_kd_self_has_the_files_numbers(
        string name, int batchSize, double learningRate, double alpha, double temperature, double multiplier)
    {
        var network = Named(name);
        var paper = TfKdRecipes.TfKdSelf(network, _teacher);
        IsPlanOf(paper, network, learningRate, batchSize, _teacher);
        Assert.Equal(new KnowledgeDistillation { Alpha = alpha, Temperature = temperature, Form = KdForm.Paper }, paper.Objective);
        if (multiplier == 0)
        {
            Assert.Equal(
                $"Tf-KD_self of the reference code has no multiplier for {network}, without which that code stops; take "
                    + "RecipeSource.Paper. (Parameter 'network')",
                Refusal(() => TfKdRecipes.TfKdSelf(network, _teacher, RecipeSource.ReferenceCode)));
            return;
        }

        var code = TfKdRecipes.TfKdSelf(network, _teacher, RecipeSource.ReferenceCode);
        Assert.Equal(
            new KnowledgeDistillation { Alpha = alpha, Temperature = temperature, Form = KdForm.ReferenceCode, Multiplier = multiplier },
            code.Objective);
        Assert.Equal(paper.Describe(), (code with { Objective = paper.Objective }).Describe());
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Distillation_has_the_files_numbers(
        string recipe, string studentName, string teacherName, double alpha, double temperature, int batchSize)
    {
        var (student, teacherNetwork) = (Named(studentName), Named(teacherName));
        var paper = Distil(recipe, student, teacherNetwork, RecipeSource.Paper);
        IsPlanOf(paper, student, student == Paper.PlainCnn ? 0.001 : 0.1, batchSize, _teacher);
        Assert.Equal(new KnowledgeDistillation { Alpha = alpha, Temperature = temperature, Form = KdForm.Paper }, paper.Objective);

        var code = Distil(recipe, student, teacherNetwork, RecipeSource.ReferenceCode);
        Assert.Equal(
            new KnowledgeDistillation { Alpha = alpha, Temperature = temperature, Form = KdForm.ReferenceCode, Multiplier = 1 },
            code.Objective);
        Assert.Equal(paper.Describe(), (code with { Objective = paper.Objective }).Describe());
    }

    [Fact]
    public void Nothing_but_the_files_is_known()
    {
        string[] networks = [.. Paper.All.Select(network => network.Name)];
        var pairs = Pairs.Select(row => (row.Data.Item1, row.Data.Item2, row.Data.Item3)).ToHashSet();

        Assert.Equal(
            Alone.Select(row => row.Data.Item1).Order(),
            networks.Where(network => IsKnown(() => TfKdRecipes.Baseline(Named(network)))).Order());
        Assert.Equal(
            Regularization.Select(row => row.Data.Item1).Order(),
            networks.Where(network => IsKnown(() => TfKdRecipes.TfKdReg(Named(network)))).Order());
        Assert.Equal(
            Self.Select(row => row.Data.Item1).Order(),
            networks.Where(network => IsKnown(() => TfKdRecipes.TfKdSelf(Named(network), _teacher))).Order());
        Assert.All((string[])["KD", "Re-KD", "De-KD"], recipe => Assert.All(networks, student => Assert.All(networks, teacher =>
            Assert.Equal(
                pairs.Contains((recipe, student, teacher)),
                IsKnown(() => Distil(recipe, Named(student), Named(teacher), RecipeSource.Paper))))));
    }

    [Fact]
    public void What_is_unknown_is_refused_with_what_is_known()
    {
        // Its file names a teacher that the code does not know, and no data set.
        Assert.Equal(
            "KD has no settings for ResNet18 <- DenseNet121 (student <- teacher); there are MobileNetV2 <- ResNet18, MobileNetV2 <- "
            + "ResNet50, MobileNetV2 <- ResNet101, "
                + "MobileNetV2 <- DenseNet121, MobileNetV2 <- ResNeXt29, ShuffleNetV2 <- ResNet18, ShuffleNetV2 <- ResNet50, ShuffleNetV2 "
                + "<- DenseNet121, ShuffleNetV2 <- ResNeXt29, "
                + "ResNet18 <- ResNet50, ResNet18 <- ResNeXt29, PlainCnn <- ResNet18. (Parameter 'teacherNetwork')",
            Refusal(() => TfKdRecipes.Kd(Paper.ResNet18, Paper.DenseNet121, _teacher)));
        Assert.StartsWith(
            "Re-KD has no settings for MobileNetV2 <- ResNet18 (student <- teacher); there are ResNet18 <- MobileNetV2, ",
            Refusal(() => TfKdRecipes.ReKd(Paper.MobileNetV2, Paper.ResNet18, _teacher)),
            StringComparison.Ordinal);
        Assert.Equal(
            "Tf-KD_reg has no settings for ResNet50; there are MobileNetV2, ShuffleNetV2, ResNet18, GoogLeNet, DenseNet121, ResNeXt29, "
                + "ResNeXt101. (Parameter 'network')",
            Refusal(() => TfKdRecipes.TfKdReg(Paper.ResNet50)));
        Assert.StartsWith(
            "Training without a teacher has no settings for ResNet101; there are ",
            Refusal(() => TfKdRecipes.DoubleTraining(Paper.ResNet101)),
            StringComparison.Ordinal);
        Assert.Equal(
            "teacher", Assert.Throws<ArgumentNullException>(() => TfKdRecipes.Kd(Paper.ResNet18, Paper.ResNet50, null!)).ParamName);
        Assert.Equal("network", Assert.Throws<ArgumentNullException>(() => TfKdRecipes.Baseline(null!)).ParamName);
        Assert.Equal(
            "source", Assert.Throws<ArgumentOutOfRangeException>(() => TfKdRecipes.TfKdReg(Paper.ResNet18, (RecipeSource)2)).ParamName);
        Assert.Equal("student", Assert.Throws<ArgumentNullException>(() => TfKdRecipes.Kd(null!, Paper.ResNet50, _teacher)).ParamName);
    }

    private static TrainingPlan Distil(string recipe, Paper student, Paper teacherNetwork, RecipeSource source) => recipe switch
    {
        "KD" => TfKdRecipes.Kd(student, teacherNetwork, _teacher, source),
        "Re-KD" => TfKdRecipes.ReKd(student, teacherNetwork, _teacher, source),
        _ => TfKdRecipes.DeKd(student, teacherNetwork, _teacher, source),
    };

    /// <summary>All but the objective, in the text that is a plan's provenance.</summary>
    private static void IsPlanOf(TrainingPlan plan, Paper network, double learningRate, int batchSize, TeacherSource? teacher = null)
    {
        var rate = learningRate * batchSize / 128;
        var expected = new TrainingPlan
        {
            Objective = plan.Objective,
            Teacher = teacher,
            Augmentations = [new RandomCrop { Padding = 4 }, new HorizontalFlip { Probability = 0.5 }, new Rotation { Degrees = 15 }],
            BatchSize = batchSize,
            MaxEpochs = 200,
            Optimizer = network == Paper.PlainCnn
                ? new AdamW { LearningRate = rate, WeightDecay = 0 }
                : new Sgd { LearningRate = rate, Momentum = 0.9, WeightDecay = 5e-4, Nesterov = false },
            Schedule = new WarmUpSchedule { Epochs = 1, Inner = new StepSchedule { Milestones = [60, 120, 160], Gamma = 0.2 } },
            Normalization = new ChannelStatistics([0.50708, 0.48655, 0.44092], [0.26733, 0.25644, 0.27615]),
            Seed = 230,
        };
        Assert.Equal(expected.Describe(), plan.Describe());
        Assert.Equal(teacher, plan.Teacher);
    }

    private static Paper Named(string name) => Paper.All.Single(network => network.Name == name);

    private static string Refusal(Action make) => Assert.Throws<ArgumentException>(make).Message;

    private static bool IsKnown(Action make)
    {
        try
        {
            make();
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
