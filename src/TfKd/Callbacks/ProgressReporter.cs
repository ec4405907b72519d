namespace TfKd;

/// <summary>
/// Tells an <see cref="IProgress{T}"/> how far a run is: after each step, after each epoch, and at the end. A
/// <see cref="Progress{T}"/> that a window made calls back on that window's thread; the run does not wait for it.
/// </summary>
/// <param name="progress">Who is told.</param>
/// <example><code>
/// var reporter = new ProgressReporter(new Progress&lt;TrainingStatus>(status => Console.WriteLine($"{status.Fraction:P0}")));
/// </code></example>
public sealed class ProgressReporter(IProgress<TrainingStatus> progress) : TrainingCallback
{
    private readonly IProgress<TrainingStatus> _progress = Require.NotNull(progress);

    /// <inheritdoc/>
    public override void OnBatchEnd(TrainingState state) => _progress.Report(TrainingStatus.Of(state));

    /// <inheritdoc/>
    public override void OnEpochEnd(TrainingState state) => _progress.Report(TrainingStatus.Of(state));

    /// <inheritdoc/>
    public override void OnTrainEnd(TrainingState state) =>
        _progress.Report(TrainingStatus.Of(state) with { Fraction = 1, Remaining = TimeSpan.Zero });
}
