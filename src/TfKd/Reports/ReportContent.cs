namespace TfKd;

/// <summary>All that a report shows.</summary>
internal sealed record ReportContent
{
    public required string Title { get; init; }

    public required DateTimeOffset Date { get; init; }

    public required NetworkArchitecture Network { get; init; }

    /// <summary>Number of weights that are learnt.</summary>
    public required long ParameterCount { get; init; }

    public required IReadOnlyList<string> ClassNames { get; init; }

    public required TrainingPlan Plan { get; init; }

    public required IReadOnlyList<EpochMetrics> History { get; init; }

    /// <summary>What the run brought; null while it goes on.</summary>
    public TrainingResult? Result { get; init; }

    /// <summary>Number of training rows; null where that is not known.</summary>
    public int? TrainingCount { get; init; }

    /// <summary>What the network made of the rows below; null without such rows, and while the run goes on.</summary>
    public ClassificationReport? Predictions { get; init; }

    /// <summary>What comes of the same answers as scores of the model; null where it is not known what is done with them.</summary>
    public FinalScores? FinalScores { get; init; }

    /// <summary>What it made of them where they may have several labels; null where they have one, and while the run goes on.</summary>
    public MultiLabelReport? Labels { get; init; }

    /// <summary>The rows that <see cref="Predictions"/> or <see cref="Labels"/> are of.</summary>
    public IImageSource? Rows { get; init; }

    /// <summary>What the teacher made of the same rows; null where it has nothing to say of them.</summary>
    public TeacherOnRows? Teacher { get; init; }

    /// <summary>What those rows are called.</summary>
    public string RowsName { get; init; } = "validation";

    public SoftTargets? SoftTargets { get; init; }

    /// <summary>How many of the worst mistakes are shown.</summary>
    public required int MaxMistakes { get; init; }

    /// <summary>
    /// By the number of the row, a data URI of the image under the heat of the class that was predicted; null where the network cannot be
    /// looked into.
    /// </summary>
    public IReadOnlyDictionary<int, string>? HeatMaps { get; private init; }

    /// <summary>Which kernels computed; null where that is not known.</summary>
    public ComputePath? Path { get; init; }

    /// <summary>The same with what a network makes of rows.</summary>
    /// <param name="network">The network.</param>
    /// <param name="rows">Rows with one label each.</param>
    /// <param name="predictions">What the network made of them.</param>
    public ReportContent With(ImageNetwork network, IImageSource rows, ClassificationReport predictions) => this with
    {
        Predictions = predictions,
        Rows = rows,
        HeatMaps = HeatMap.OfRows(network, rows, predictions.Mistakes.Take(MaxMistakes).Select(row => (row, (int?)null))),
    };

    /// <inheritdoc cref="With(ImageNetwork, IImageSource, ClassificationReport)"/>
    public ReportContent With(ImageNetwork network, IImageSource rows, MultiLabelReport labels) => this with
    {
        Labels = labels,
        Rows = rows,
        HeatMaps = HeatMap.OfRows(
            network, rows, labels.Mistakes.Take(MaxMistakes).Select(mistake => (mistake.Row, (int?)mistake.Class))),
    };

    /// <summary>The metrics of the epoch whose weights are the result, or would be now; null before the first.</summary>
    public EpochMetrics? Best => Result?.Best ?? BestEpoch.Of(Plan, History)?.In(History);
}
