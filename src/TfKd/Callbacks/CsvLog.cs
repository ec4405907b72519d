using System.Globalization;
using System.Text;

namespace TfKd;

/// <summary>
/// Writes a table of the run, one line an epoch, as comma-separated values (RFC 4180, UTF-8, numbers as in the invariant culture). The file
/// is replaced as a whole after each epoch by what the run's history says, so that a resumed run neither repeats nor loses a line, and
/// another run of the same path begins anew.
/// </summary>
/// <remarks>
/// Columns: epoch (from 1), learning_rate, loss, each term of the objective as loss/NAME, training_accuracy, teacher_agreement,
/// validation_top1, validation_top5, validation_nll, validation_ece, peer_validation_top1, images_per_second, waiting_seconds,
/// learning_seconds, validating_seconds, elapsed_seconds; and where samples may have several labels validation_map,
/// validation_micro_f1, validation_macro_f1, validation_subset_accuracy and validation_hamming_loss. What a run does not have is left
/// empty. A file that cannot be written before the first step ends the run; later, when somebody has it open, it is a warning, and the next
/// epoch writes all lines.
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan { Callbacks = [new CsvLog("run.csv")] };
/// </code></example>
public sealed class CsvLog : TrainingCallback
{
    private static readonly string[] LabelColumns =
    [
        "validation_map", "validation_micro_f1", "validation_macro_f1", "validation_subset_accuracy", "validation_hamming_loss",
    ];

    private readonly RunPlace _file;

    /// <param name="path">
    /// The file; its folder is made when it is missing. Runs of other plans with this instance have files of their own, NAME-2.csv and so
    /// on.
    /// </param>
    public CsvLog(string path) => _file = new(Path = Require.Name(path, nameof(path)));

    /// <summary>The file of its first run.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public override void OnTrainBegin(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _file.Begin(state, nameof(CsvLog));
        ReportFile.Write(nameof(CsvLog), _file.Current, Text(state.History));
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ReportFile.TryWrite(nameof(CsvLog), _file.Current, Text(state.History), state);
    }

    internal static string Text(IReadOnlyList<EpochMetrics> history)
    {
        string[] terms = [.. history.SelectMany(epoch => epoch.Terms.Keys).Distinct(StringComparer.Ordinal)];
        var text = new StringBuilder();
        Append(
        [
            "epoch", "learning_rate", "loss", .. terms.Select(term => $"loss/{term}"), "training_accuracy", "teacher_agreement",
            "validation_top1", "validation_top5", "validation_nll", "validation_ece", "peer_validation_top1", "images_per_second",
            "waiting_seconds", "learning_seconds", "validating_seconds", "elapsed_seconds",
            .. history.Any(epoch => epoch.LabelValidation is not null) ? LabelColumns : [],
        ]);
        foreach (var epoch in history)
        {
            var (validation, labels) = (epoch.Validation, epoch.LabelValidation);
            double?[] numbers =
            [
                epoch.LearningRate, epoch.TrainingLoss, .. terms.Select(term => ValueOf(epoch, term)), epoch.TrainingAccuracy,
                epoch.TeacherAgreement, validation?.Top1, validation?.Top5,
                validation?.NegativeLogLikelihood ?? labels?.NegativeLogLikelihood,
                validation?.ExpectedCalibrationError ?? labels?.ExpectedCalibrationError, epoch.PeerValidation?.Top1, epoch.ImagesPerSecond,
                epoch.Times.Waiting.TotalSeconds, epoch.Times.Learning.TotalSeconds, epoch.Times.Validating.TotalSeconds,
                epoch.Elapsed.TotalSeconds,
                .. labels is null ? [] : new double?[]
                {
                    labels.MeanAveragePrecision, labels.MicroF1, labels.MacroF1, labels.SubsetAccuracy, labels.HammingLoss,
                },
            ];
            Append([(epoch.Epoch + 1).ToString(CultureInfo.InvariantCulture),
                .. numbers.Select(number => number?.ToString("R", CultureInfo.InvariantCulture) ?? "")]);
        }

        return text.ToString();

        void Append(IEnumerable<string> fields) => text.AppendJoin(',', fields.Select(Csv.Quote)).Append("\r\n");
    }

    private static double? ValueOf(EpochMetrics epoch, string term) => epoch.Terms.TryGetValue(term, out var value) ? value : null;
}
