using TorchSharp;

namespace TfKd;

/// <summary>
/// Writes the run's numbers for TensorBoard, by TorchSharp's own writer: start <c>tensorboard --logdir DIRECTORY</c> beside it. A resumed
/// run adds its epochs to a folder that has those before it, and writes these, too, to one that is empty.
/// </summary>
/// <remarks>
/// Scalars, with the epoch from 1 as the step: loss/total, loss/NAME of each term, learning_rate, throughput (images a second),
/// training/accuracy, training/teacher_agreement, validation/top1, validation/top5, validation/nll, validation/ece, peer_validation/top1.
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan { Callbacks = [new TensorBoardLog("runs/1")] };
/// </code></example>
public sealed class TensorBoardLog : TrainingCallback
{
    private readonly RunPlace _folder;
    private TorchSharp.Modules.SummaryWriter? _writer;

    /// <param name="directory">
    /// The folder of the run; made when it is missing. Give each run its own below one folder, and TensorBoard shows them together.
    /// Runs of other plans with this instance have a folder in it, run-2 and so on.
    /// </param>
    public TensorBoardLog(string directory) => _folder = new(DirectoryPath = Require.Name(directory, nameof(directory)), isFolder: true);

    /// <summary>The folder of its first run.</summary>
    public string DirectoryPath { get; }

    /// <inheritdoc/>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public override void OnTrainBegin(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _folder.Begin(state, nameof(TensorBoardLog));
        try
        {
            Directory.CreateDirectory(_folder.Current);
            var isNew = !Directory.EnumerateFiles(_folder.Current, "*tfevents*").Any();
            _writer = torch.utils.tensorboard.SummaryWriter(_folder.Current);
            foreach (var epoch in isNew ? state.History : [])
                Write(_writer, epoch);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{nameof(TensorBoardLog)} cannot write to '{_folder.Current}': {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        try
        {
            if (_writer is not null)
                Write(_writer, state.History[^1]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            state.Say($"{nameof(TensorBoardLog)} cannot write to '{_folder.Current}': {exception.Message} The run goes on.", true);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(TrainingState state) => _writer = null;

    private static void Write(TorchSharp.Modules.SummaryWriter writer, EpochMetrics epoch)
    {
        foreach (var (name, value) in Scalars(epoch))
            writer.add_scalar(name, (float)value, epoch.Epoch + 1);
    }

    private static IEnumerable<(string Name, double Value)> Scalars(EpochMetrics epoch)
    {
        yield return ("loss/total", epoch.TrainingLoss);
        foreach (var (term, value) in epoch.Terms)
            yield return ($"loss/{term}", value);
        yield return ("learning_rate", epoch.LearningRate);
        yield return ("throughput", epoch.ImagesPerSecond);
        yield return ("training/accuracy", epoch.TrainingAccuracy);
        if (epoch.TeacherAgreement is { } agreement)
            yield return ("training/teacher_agreement", agreement);
        if (epoch.Validation is { } validation)
        {
            yield return ("validation/top1", validation.Top1);
            yield return ("validation/top5", validation.Top5);
            yield return ("validation/nll", validation.NegativeLogLikelihood);
            yield return ("validation/ece", validation.ExpectedCalibrationError);
        }

        if (epoch.LabelValidation is { } labels)
        {
            yield return ("validation/map", labels.MeanAveragePrecision);
            yield return ("validation/micro_f1", labels.MicroF1);
            yield return ("validation/macro_f1", labels.MacroF1);
            yield return ("validation/subset_accuracy", labels.SubsetAccuracy);
            yield return ("validation/hamming_loss", labels.HammingLoss);
            yield return ("validation/nll", labels.NegativeLogLikelihood);
            yield return ("validation/ece", labels.ExpectedCalibrationError);
        }

        if (epoch.PeerValidation is { } peer)
            yield return ("peer_validation/top1", peer.Top1);
    }
}
