namespace TfKd;

/// <summary>
/// A network that a teacher has trained before it teaches: what is unlike the student's run. What is left at null is as there.
/// </summary>
public sealed record TeacherTrainingRequest
{
    /// <summary>What is trained. Default null: the student's architecture, which then starts as the student does.</summary>
    public NetworkArchitecture? Architecture { get; init; }

    /// <summary>What is minimised. Default null: the objective of the student's run.</summary>
    public Objective? Objective { get; init; }

    /// <summary>Who teaches the network. Default null: nobody, as the teacher of the student's run is only being made.</summary>
    public TeacherSource? Teacher { get; init; }

    /// <summary>Passes over the training rows, above 0. Default null: as many as the student's.</summary>
    public int? Epochs { get; init => field = value is { } epochs ? Require.Positive(epochs) : null; }

    /// <summary>
    /// What the network starts from. Default null: random weights where <see cref="Architecture"/> is set, otherwise what the student
    /// starts from.
    /// </summary>
    public InitialWeights? InitialWeights { get; init; }

    /// <summary>
    /// How many of the network's first stages keep their weights, 0 or above. Default null: none where <see cref="Architecture"/> is set,
    /// otherwise as many as of the student.
    /// </summary>
    public int? FrozenStages { get; init => field = value is { } count ? Require.NotNegative(count) : null; }

    /// <summary>
    /// The learning rate of all but the head, as a multiple of the head's, above 0. Default null: 1 where <see cref="Architecture"/> is
    /// set, otherwise the student's.
    /// </summary>
    public double? BackboneLearningRateFactor { get; init => field = value is { } factor ? Require.Positive(factor) : null; }

    /// <summary>How the weights are changed. Default null: as the student's.</summary>
    public OptimizerSettings? Optimizer { get; init; }

    /// <summary>The learning rate over the network's own epochs. Default null: the schedule of the student's run.</summary>
    public LearningRateSchedule? Schedule { get; init; }

    /// <summary>Rows a step, above 0. Default null: as many as in the student's run.</summary>
    public int? BatchSize { get; init => field = value is { } rows ? Require.Positive(rows) : null; }

    /// <summary>Changes of the images, in order. Default null: those of the student's run; an empty list: none.</summary>
    public IReadOnlyList<Augmentation>? Augmentations { get; init; }

    /// <summary>Mixes the rows of each batch with one another. Default null: as the student's run does, or does not.</summary>
    public Mixing? Mixing { get; init; }
}
