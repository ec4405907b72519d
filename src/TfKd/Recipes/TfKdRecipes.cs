namespace TfKd;

/// <summary>
/// The training runs of Yuan, Tay, Li, Wang and Feng, 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020, on
/// CIFAR-100, with the hyper-parameters of their code's files for each network, and three controls that say how much of Tf-KD_reg is
/// something simpler.
/// </summary>
/// <remarks>
/// <para>All of them: 200 epochs, SGD with momentum 0.9 and weight decay 5e-4, the learning rate times batch size / 128, linear warm-up
/// over the first epoch, falling to a fifth at epochs 60, 120 and 160; a random crop padded by 4, a flip, a rotation by up to 15 degrees;
/// the channel statistics of CIFAR-100 (which the code takes for CIFAR-10 as well); seed 230, of another generator than the code's. A plan
/// is a value: change it by <c>with</c>, and mind that the learning rate does not follow a changed batch size.</para>
/// <para>The code chooses its best epoch by the test rows. Here it is chosen by the validation rows that the trainer is given; give it none
/// of the test rows.</para>
/// </remarks>
public static class TfKdRecipes
{
    /// <summary>
    /// Cross entropy. <see cref="PaperNetwork.PlainCnn"/> has Adam at rate 0.1, as the code has, which is a hundred times the usual rate.
    /// </summary>
    /// <exception cref="ArgumentException">There are no settings for the network.</exception>
    public static TrainingPlan Baseline(PaperNetwork network) => Plan(network, Alone(network), new CrossEntropy());

    /// <summary>Label smoothing by 0.1: over all classes in the paper, over the wrong ones in the code.</summary>
    /// <exception cref="ArgumentException">There are no settings for the network.</exception>
    /// <example><code>
    /// var plan = TfKdRecipes.LabelSmoothing(PaperNetwork.ResNet18, RecipeSource.ReferenceCode);
    /// </code></example>
    public static TrainingPlan LabelSmoothing(PaperNetwork network, RecipeSource source = RecipeSource.Paper) =>
        Plan(network, Alone(network), new LabelSmoothing
        {
            Smoothing = 0.1,
            Convention = Require.Defined(source, nameof(source)) == RecipeSource.Paper
                ? SmoothingConvention.Uniform
                : SmoothingConvention.OffTarget,
        });

    /// <summary>
    /// Distillation from a better network: equation 4, or in the code with T^2 / K before the divergence. MobileNetV2 from ResNet50 has
    /// results in the paper but no file, and gets what MobileNetV2 has with its other teachers. ResNet18 from DenseNet121 has a file that
    /// the code cannot run, and is refused.
    /// </summary>
    /// <param name="student">The network that will be trained.</param>
    /// <param name="teacherNetwork">The network that <paramref name="teacher"/> is.</param>
    /// <param name="teacher">The trained teacher.</param>
    /// <param name="source">Whose formula; default the paper's.</param>
    /// <exception cref="ArgumentException">There are no settings for the pair; the text lists those that there are.</exception>
    public static TrainingPlan Kd(
        PaperNetwork student, PaperNetwork teacherNetwork, TeacherSource teacher, RecipeSource source = RecipeSource.Paper) =>
        Distillation("KD", PaperPair.Normal, student, teacherNetwork, teacher, source);

    /// <summary>Re-KD: distillation from a lesser network than the student.</summary>
    /// <inheritdoc cref="Kd"/>
    public static TrainingPlan ReKd(
        PaperNetwork student, PaperNetwork teacherNetwork, TeacherSource teacher, RecipeSource source = RecipeSource.Paper) =>
        Distillation("Re-KD", PaperPair.Reversed, student, teacherNetwork, teacher, source);

    /// <summary>
    /// De-KD: distillation from a poorly trained teacher. The settings are those of <see cref="Kd"/>, as in the code; in the paper the
    /// teachers are ResNet18 after 1 epoch of its <see cref="Baseline"/>, ResNet50 and ResNeXt29 after 50.
    /// </summary>
    /// <inheritdoc cref="Kd"/>
    public static TrainingPlan DeKd(
        PaperNetwork student, PaperNetwork teacherNetwork, TeacherSource teacher, RecipeSource source = RecipeSource.Paper) =>
        Distillation("De-KD", PaperPair.Defective, student, teacherNetwork, teacher, source);

    /// <summary>
    /// Tf-KD_self: distillation from a trained network of the same architecture: equation 7, or in the code with T^2 times a multiplier / K
    /// before the divergence. The files of ResNet50 and AlexNet lack the multiplier, without which the code stops: they have the paper's
    /// form only.
    /// </summary>
    /// <param name="network">The network that will be trained, and that the teacher is.</param>
    /// <param name="teacher">The trained teacher.</param>
    /// <param name="source">Whose formula; default the paper's.</param>
    /// <exception cref="ArgumentException">There are no settings for the network, or no multiplier.</exception>
    public static TrainingPlan TfKdSelf(PaperNetwork network, TeacherSource teacher, RecipeSource source = RecipeSource.Paper)
    {
        var settings = Find("Tf-KD_self", network, one => one.Self);
        var objective = Objective(settings.Term, source, () => MultiplierOf("Tf-KD_self", network, settings.Term));
        return Plan(network, settings.Batch, objective) with { Teacher = Require.NotNull(teacher, nameof(teacher)) };
    }

    /// <summary>
    /// Tf-KD_reg: distillation from a virtual teacher that gives 0.99 to the row's class: equation 9, or what the code computes. The files
    /// of DenseNet121, ResNeXt29 and ResNeXt101 lack the multiplier, without which the code stops: they have the paper's form only.
    /// </summary>
    /// <exception cref="ArgumentException">There are no settings for the network, or no multiplier.</exception>
    /// <example><code>
    /// var plan = TfKdRecipes.TfKdReg(PaperNetwork.ResNet18) with { MaxEpochs = 30 };
    /// </code></example>
    public static TrainingPlan TfKdReg(PaperNetwork network, RecipeSource source = RecipeSource.Paper)
    {
        var term = Find("Tf-KD_reg", network, one => one.Regularization);
        return Plan(network, Alone(network), Require.Defined(source, nameof(source)) == RecipeSource.Paper
            ? new TfKdRegularization { Alpha = term.Alpha, Temperature = term.Temperature, Form = TfKdForm.Paper }
            : CodeRegularization(network));
    }

    /// <summary>
    /// A control: label smoothing of the strength to which the code's Tf-KD_reg amounts, about 0.1 for ResNet18, 0.053 for GoogLeNet, 0.16
    /// for MobileNetV2 and ShuffleNetV2 (100 classes).
    /// </summary>
    /// <remarks>
    /// The code's loss is (1 - a) H(q, p) + (a m / K) KL(p', p) with p' = softmax(p^d / T), which has one value o for all wrong classes. Up
    /// to a constant that is w H(q', p) with w = 1 - a + a m / K and q' a smoothed target whose wrong classes have a m o / (K w) each:
    /// label smoothing (Uniform) by a m o / w, exactly, times w. No approximation is made; what is left out is the factor w, which changes
    /// the balance with learning rate and weight decay. <see cref="RescaledCrossEntropy"/> has that alone.
    /// </remarks>
    /// <param name="network">One for which the code's Tf-KD_reg runs.</param>
    /// <param name="classCount">Number of classes K, by which the code divides; default 100.</param>
    /// <exception cref="ArgumentException">The code's Tf-KD_reg has no settings for the network, or no multiplier.</exception>
    public static TrainingPlan LabelSmoothingEquivalent(PaperNetwork network, int classCount = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 2);
        return Plan(
            network, Alone(network), new LabelSmoothing { Smoothing = CodeRegularization(network).EquivalentSmoothing(classCount)!.Value });
    }

    /// <summary>
    /// A control: cross entropy times the total weight w = 1 - a + a m / K of the terms of the code's Tf-KD_reg, which is 0.0595 for
    /// MobileNetV2 and ShuffleNetV2, 0.95 for GoogLeNet, and for ResNet18 1, where it is the <see cref="Baseline"/> (100 classes). Together
    /// with <see cref="LabelSmoothingEquivalent"/> it takes that loss apart.
    /// </summary>
    /// <param name="network">One for which the code's Tf-KD_reg runs.</param>
    /// <param name="classCount">Number of classes K, by which the code divides; default 100.</param>
    /// <exception cref="ArgumentException">The code's Tf-KD_reg has no settings for the network, or no multiplier.</exception>
    public static TrainingPlan RescaledCrossEntropy(PaperNetwork network, int classCount = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 2);
        return Plan(network, Alone(network), CodeRegularization(network).TotalWeight(classCount) * new CrossEntropy());
    }

    /// <summary>
    /// A control for the epochs that a self-trained teacher costs: cross entropy through the whole schedule twice, warm-up and steps again,
    /// as the code's <c>--double_training</c>: 400 epochs. The code begins the second pass with the best weights of the first, chosen by
    /// the test rows, and with no momentum; here one run goes on with the last of both.
    /// </summary>
    /// <exception cref="ArgumentException">There are no settings for the network.</exception>
    public static TrainingPlan DoubleTraining(PaperNetwork network)
    {
        var once = Baseline(network);
        return once with
        {
            MaxEpochs = 2 * once.MaxEpochs,
            Schedule = new RepeatedSchedule { Inner = once.Schedule, Epochs = once.MaxEpochs },
        };
    }

    private static TrainingPlan Plan(PaperNetwork network, PaperBatch batch, Objective objective)
    {
        var learningRate = batch.LearningRate * batch.BatchSize / 128;
        return new TrainingPlan
        {
            Objective = objective,
            Augmentations = [new RandomCrop { Padding = 4 }, new HorizontalFlip(), new Rotation { Degrees = 15 }],
            BatchSize = batch.BatchSize,
            MaxEpochs = 200,
            // Without weight decay AdamW is Adam.
            Optimizer = network.IsTrainedByAdam
                ? new AdamW { LearningRate = learningRate, WeightDecay = 0 }
                : new Sgd { LearningRate = learningRate, Momentum = 0.9, WeightDecay = 5e-4 },
            Schedule = new WarmUpSchedule { Inner = new StepSchedule { Milestones = [60, 120, 160], Gamma = 0.2 }, Epochs = 1 },
            Normalization = new ChannelStatistics([0.50708, 0.48655, 0.44092], [0.26733, 0.25644, 0.27615]),
            Seed = 230,
        };
    }

    private static TrainingPlan Distillation(
        string recipe, IReadOnlyList<PaperPair> pairs, PaperNetwork student, PaperNetwork teacherNetwork, TeacherSource teacher,
        RecipeSource source)
    {
        Require.NotNull(student, nameof(student));
        Require.NotNull(teacherNetwork, nameof(teacherNetwork));
        var settings = pairs.FirstOrDefault(pair => pair.Student == student && pair.Teacher == teacherNetwork)?.Settings
            ?? throw new ArgumentException(
                $"{recipe} has no settings for {student} <- {teacherNetwork} (student <- teacher); there are {string.Join(", ", pairs)}.",
                nameof(teacherNetwork));
        var plan = Plan(student, settings.Batch, Objective(settings.Term, source, () => 1));
        return plan with { Teacher = Require.NotNull(teacher, nameof(teacher)) };
    }

    private static KnowledgeDistillation Objective(PaperTerm term, RecipeSource source, Func<double> multiplier) =>
        Require.Defined(source, nameof(source)) == RecipeSource.Paper
            ? new() { Alpha = term.Alpha, Temperature = term.Temperature, Form = KdForm.Paper }
            : new() { Alpha = term.Alpha, Temperature = term.Temperature, Form = KdForm.ReferenceCode, Multiplier = multiplier() };

    private static TfKdRegularization CodeRegularization(PaperNetwork network)
    {
        var term = Find("Tf-KD_reg", network, one => one.Regularization);
        return new()
        {
            Alpha = term.Alpha,
            Temperature = term.Temperature,
            Form = TfKdForm.ReferenceCode,
            Multiplier = MultiplierOf("Tf-KD_reg", network, term),
        };
    }

    private static PaperBatch Alone(PaperNetwork network) => Find("Training without a teacher", network, one => one.Alone);

    private static double MultiplierOf(string recipe, PaperNetwork network, PaperTerm term) => term.Multiplier
        ?? throw new ArgumentException(
            $"{recipe} of the reference code has no multiplier for {network}, without which that code stops; take "
                + $"{nameof(RecipeSource)}.{nameof(RecipeSource.Paper)}.",
            nameof(network));

    private static T Find<T>(string recipe, PaperNetwork network, Func<PaperNetwork, T?> settings) where T : class =>
        settings(Require.NotNull(network, nameof(network)))
            ?? throw new ArgumentException(
                $"{recipe} has no settings for {network}; there are "
                    + $"{string.Join(", ", PaperNetwork.All.Where(one => settings(one) is not null))}.", nameof(network));
}
