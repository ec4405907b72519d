namespace TfKd;

/// <summary>
/// How a network that is to teach is trained, apart from what it is, what it minimises and for how long: a whole value, of which nothing
/// comes from the student's run. Print it, and change it with <c>with</c>. Defaults are those of <see cref="TrainingPlan"/>.
/// </summary>
/// <remarks>
/// Rows, class weights, device, precision, checkpoints and the choice of the best epoch are those of the student's run.
/// </remarks>
/// <example><code>
/// var teacher = new TrainedTeacher(new ResNet { Depth = 20 })
/// {
///     Epochs = 8,
///     Recipe = new TeacherRecipe { InitialWeights = Pretrained.ResNet18, LinearProbe = new LinearProbe(), FrozenStages = 3 },
/// };
/// </code></example>
public sealed record TeacherRecipe
{
    /// <summary>What the network starts from, such as <see cref="Pretrained.ResNet18"/>. Default null: random weights.</summary>
    public InitialWeights? InitialWeights { get; init; }

    /// <summary>
    /// Fits the head in the first epoch, on the features of the network as it starts. Default null: the head learns with the rest.
    /// </summary>
    public LinearProbe? LinearProbe { get; init; }

    /// <summary>
    /// How many of the network's first stages (<see cref="NetworkArchitecture.GetStages"/>) keep their weights, with all layers before
    /// them. Default 0.
    /// </summary>
    public int FrozenStages { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// Whether batch norms keep the running statistics that they start with, and normalise by them in training, too. Default false.
    /// </summary>
    public bool FreezeBatchNormStatistics { get; init; }

    /// <summary>The learning rate of all but the head, as a multiple of the head's, above 0. Default 1.</summary>
    public double BackboneLearningRateFactor { get; init => field = Require.Positive(value); } = 1;

    /// <summary>
    /// What the network's own input is normalised with, whatever the student's is. Default null: the statistics of
    /// <see cref="InitialWeights"/>; where these do not know them, those of the training rows.
    /// </summary>
    public ChannelStatistics? Normalization { get; init; }

    /// <summary>
    /// Width that the student's images are resized to for this network, bilinearly, in training and in teaching, in pixels. A larger image
    /// shows nothing that the student's does not, unless the network reads files (<see cref="TrainedTeacher.ReadsFiles"/>), but has the
    /// size that pretrained weights know. Default 0: the student's.
    /// </summary>
    public int ImageWidth { get; init => field = Require.NotNegative(value); }

    /// <summary>Height that the images are resized to, as <see cref="ImageWidth"/>. Default 0: the student's.</summary>
    public int ImageHeight { get; init => field = Require.NotNegative(value); }

    /// <summary>Changes of the images in the teacher's own training, in order. Default: none.</summary>
    public IReadOnlyList<Augmentation> Augmentations
    {
        get;
        init => field = new ValueList<Augmentation>(Require.NotNull(value));
    } = new ValueList<Augmentation>([]);

    /// <summary>Mixes the rows of each batch with one another. Default null: they are not mixed.</summary>
    public Mixing? Mixing { get; init; }

    /// <summary>Rows a batch, above 0. Default 128.</summary>
    public int BatchSize { get; init => field = Require.Positive(value); } = 128;

    /// <summary>Batches whose gradients are added up before the weights change by one step, above 0. Default 1.</summary>
    public int AccumulateSteps { get; init => field = Require.Positive(value); } = 1;

    /// <summary>How the weights are changed. Default: <see cref="Sgd"/>.</summary>
    public OptimizerSettings Optimizer { get; init => field = Require.NotNull(value); } = new Sgd();

    /// <summary>Highest L2 norm of a step's gradient, above 0. Default null: gradients stay as they are.</summary>
    public double? MaxGradientNorm { get; init => field = value is { } norm ? Require.Positive(norm) : null; }

    /// <summary>Ends with a moving average of the weights. Default null: with the weights as they are.</summary>
    public WeightAverage? WeightAverage { get; init; }

    /// <summary>The learning rate over the network's own epochs. Default: cosine after one epoch of warm-up.</summary>
    public LearningRateSchedule Schedule { get; init => field = Require.NotNull(value); } = new WarmUpSchedule();
}
