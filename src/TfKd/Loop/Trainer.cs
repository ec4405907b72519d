using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Runs a plan: the only training loop.</summary>
/// <param name="plan">What to do.</param>
public sealed class Trainer(TrainingPlan plan)
{
    /// <summary>What is done.</summary>
    public TrainingPlan Plan { get; } = plan ?? throw new ArgumentNullException(nameof(plan));

    /// <summary>Builds a network whose initial weights are drawn from the plan's seed, or are those of <see cref="TrainingPlan.InitialWeights"/>; the caller disposes it.</summary>
    /// <exception cref="InvalidDataException">The plan's weights are damaged, or do not fit the network.</exception>
    public ImageNetwork CreateStudent(NetworkArchitecture architecture, int classCount) =>
        CreateStudent(architecture, [.. Enumerable.Range(0, classCount).Select(index => index.ToString(CultureInfo.InvariantCulture))]);

    /// <summary>The same for classes with names, by which a head that was trained before knows its own.</summary>
    public ImageNetwork CreateStudent(NetworkArchitecture architecture, IReadOnlyList<string> classNames) => Create(architecture, classNames, SeedPurpose.Initialization);

    /// <summary>Trains a student in place.</summary>
    /// <param name="student">The network; its weights and its normalisation are changed.</param>
    /// <param name="training">Rows to learn from.</param>
    /// <param name="validation">Rows to choose the best epoch by, or null.</param>
    /// <param name="token">Stops the run between two batches, with what <see cref="TrainingPlan.OnCancellation"/> says; the last checkpoint stays valid.</param>
    /// <exception cref="InvalidOperationException">The plan, the network and the rows do not fit together; thrown before the first batch.</exception>
    /// <exception cref="TrainingDivergedException">The objective, a gradient or a weight became NaN or infinite; the last checkpoint is from before that.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled, before the first step or where <see cref="TrainingPlan.OnCancellation"/> is to throw.</exception>
    /// <exception cref="IOException">Checkpoints cannot be written: the folder is tried before the first batch; or the disk became full, and the last checkpoint is whole.</exception>
    public TrainingResult Run(ImageNetwork student, IImageSource training, IImageSource? validation = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(training);
        TorchRuntime.EnsureLoaded();
        PlanValidation.Check(Plan, student, training, validation);
        if (Plan.CheckpointDirectory is { } directory)
            RunCheckpoint.Prepare(directory);
        var rowWeights = RowWeights.Of(training, Plan.ClassWeighting);
        student.Normalization.Set(ChooseNormalization(training));
        student.to(Plan.Device ?? CPU);
        using var frozen = new FrozenLayers(student, Plan.FrozenStages);
        if (Plan.Objective.EquivalentSmoothing(student.ClassCount) is { } smoothing)
            Say(FormattableString.Invariant($"{Plan.Objective} with {student.ClassCount} classes is, but for a factor, label smoothing by {smoothing:F4}; compare with a {nameof(LabelSmoothing)} of that strength."), isWarning: true);
        var loader = new BatchLoader(training, Plan.BatchSize) { WithPartners = Plan.Objective.Needs.HasFlag(ObjectiveNeeds.ClassPartners) };
        var path = ChoosePath(student, training.Shape, [.. loader.BatchSizes, .. validation is null ? [] : new BatchLoader(validation, Plan.BatchSize).BatchSizes]);
        path.Prepare(student);
        using var peerNetwork = Plan.Teacher is PeerTeacher ? CreatePeer(student, training.ClassNames, path) : null;
        // A pass over all rows, made once and where it is needed.
        var fingerprint = new Lazy<string>(() => SourceFingerprint.Of(training));
        using var teacher = peerNetwork is null ? OpenTeacher(student, training, fingerprint, validation, token) : null;
        var context = FeatureProbe.Describe(Plan, student, peerNetwork, teacher, loader.BatchSizes[0], training, path);
        GlobalGenerator.Seed(Plan.Seed, SeedPurpose.ObjectiveStates);
        using var features = ComputeFeatures(student, training, path, token);
        using var validationFeatures = features is null || validation is null ? null : ComputeFeatures(student, validation, path, token);
        using var learner = new Learner(student, Plan, context, path, frozen) { Features = features };
        using var frozenPeer = peerNetwork is null ? null : new FrozenLayers(peerNetwork, Plan.FrozenStages);
        using var peer = peerNetwork is null ? null : new Learner(peerNetwork, Plan, context, path, frozenPeer!);
        var statistics = teacher is null ? null : new TeacherStatistics(training.ClassNames, Plan.Objective.TeacherTemperature);
        using var run = new TrainingRun(Plan, learner, peer, teacher, statistics, training, fingerprint);
        (run.State.Training, run.State.Validation, run.State.Path, run.State.Say) = (training, validation, path, Say);
        if (run.TryResume() is { } message)
            Say(message);
        Notify(callback => callback.OnTrainBegin(run.State));
        var step = new TrainingStep(Plan, learner, peer, teacher, path, rowWeights) { Statistics = statistics };
        try
        {
            while (!run.IsOver && RunSteps(run, step, loader, token) is { } metrics)
            {
                metrics = metrics with { TeacherAgreement = statistics?.Agreement };
                if (validation is not null)
                {
                    var validating = Stopwatch.StartNew();
                    metrics = metrics with
                    {
                        Validation = Evaluator.Evaluate(student, validation, Plan.BatchSize, path, validationFeatures, token),
                        PeerValidation = peerNetwork is null ? null : Evaluator.Evaluate(peerNetwork, validation, Plan.BatchSize, path, token),
                    };
                    metrics = metrics with { Times = metrics.Times with { Validating = validating.Elapsed } };
                }

                ProcessSettings.ReleaseFreedMemory();
                run.Complete(metrics);
                Notify(callback => callback.OnEpochEnd(run.State));
                run.SaveAfterEpoch();
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested && Plan.OnCancellation == CancellationOutcome.KeepBest && run.Step > 0)
        {
            var kept = run.EpochToKeep is { } epoch ? $"those of epoch {epoch + 1}, the best so far by {Plan.RankingMetric}" : "the latest";
            run.State.Cancel($"Cancelled in epoch {run.Epoch + 1} of {Plan.MaxEpochs}, after {run.Tally.Steps} of {loader.BatchCount} steps; the weights are {kept}.");
            run.EndWithinEpoch(() => Summarize(run, 0, default));
        }

        if (run.State.StopReason is { } reason)
            Say(reason, isWarning: run.EndedWithinEpoch);
        Notify(callback => callback.OnTrainEnd(run.State));
        student.eval();
        var result = run.Finish();
        if (statistics is not null && !run.WasFinished && !run.EndedWithinEpoch)
        {
            var report = TeacherReporting.Report(Plan, teacher!, statistics, student, validation, path, token);
            if (report.Warning is { } warning)
                Say(warning, isWarning: true);
            (run.State.TeacherExample, result) = (statistics.Example, result with { TeacherReport = report });
        }

        Notify(callback => callback.OnFinished(run.State, result));
        return result;
    }

    // Null: the run was asked to end at once.
    private EpochMetrics? RunSteps(TrainingRun run, TrainingStep step, BatchLoader loader, CancellationToken token)
    {
        var epoch = run.Epoch;
        var tally = run.Tally;
        var (stopwatch, waiting, rowsBefore) = (Stopwatch.StartNew(), new WaitingTime(), tally.Rows);
        run.BeginEpoch();
        foreach (var batch in waiting.Measure(loader.ReadShuffled(Plan.Seed, epoch, tally.Steps, token)))
        {
            using (batch)
            {
                token.ThrowIfCancellationRequested();
                // Anew in each step: a resumed run drops out what an unbroken one would.
                GlobalGenerator.Seed(Plan.Seed, SeedPurpose.Dropout, epoch, tally.Steps);
                // The rate of a step is that of its end: the first step of a warm-up moves, too.
                tally.LearningRate = Plan.Optimizer.LearningRate * Plan.Schedule.Factor(epoch + (tally.Steps + 1.0) / loader.BatchCount, Plan.MaxEpochs);
                tally.Correct += step.Take(batch, new TrainingProgress(epoch, Plan.MaxEpochs, run.Step), tally.LearningRate);
                tally.Rows += batch.RowIds.Count;
                run.Step++;
                tally.Steps++;
                run.State.EpochProgress = (double)tally.Steps / loader.BatchCount;
                Notify(callback => callback.OnBatchEnd(run.State));
                if (run.State.StopsAtOnce)
                {
                    run.EndWithinEpoch(Summary);
                    return null;
                }

                run.SaveAfterStep();
            }
        }

        run.EndEpoch();
        return Summary();

        EpochMetrics Summary() => Summarize(run, (tally.Rows - rowsBefore) / stopwatch.Elapsed.TotalSeconds, new(waiting.Elapsed, stopwatch.Elapsed - waiting.Elapsed, TimeSpan.Zero));
    }

    private EpochMetrics Summarize(TrainingRun run, double imagesPerSecond, EpochTimes times) => new()
    {
        Epoch = run.Epoch,
        MaxEpochs = Plan.MaxEpochs,
        LearningRate = run.Tally.LearningRate,
        TrainingLoss = run.Terms[Learner.TotalTerm],
        TrainingAccuracy = (double)run.Tally.Correct / run.Tally.Rows,
        Terms = run.Terms.Where(term => term.Key != Learner.TotalTerm).ToDictionary(),
        ImagesPerSecond = imagesPerSecond,
        Elapsed = run.Elapsed,
        Times = times,
    };

    private Teacher? OpenTeacher(ImageNetwork student, IImageSource training, Lazy<string> fingerprint, IImageSource? validation, CancellationToken token) =>
        TeacherOpening.Open(Plan, new TeacherContext(training.ClassNames, training.Shape, Plan.Device ?? CPU)
        {
            Training = training,
            TrainingFingerprint = fingerprint,
            Student = student,
            WithFeatures = Plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherFeatures),
            TeacherTraining = new TeacherTraining(Plan, student.Architecture, training, validation, Say, token),
        }, Say);

    private ImageNetwork CreatePeer(ImageNetwork student, IReadOnlyList<string> classNames, ComputePath path)
    {
        var peer = Create(student.Architecture, classNames, SeedPurpose.Peer);
        peer.Normalization.Set(student.Normalization.Statistics);
        peer.to(Plan.Device ?? CPU);
        path.Prepare(peer);
        return peer;
    }

    private ImageNetwork Create(NetworkArchitecture architecture, IReadOnlyList<string> classNames, long purpose)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(classNames);
        TorchRuntime.EnsureLoaded();
        GlobalGenerator.Seed(Plan.Seed, purpose);
        var network = architecture.Build(classNames.Count);
        try
        {
            Plan.InitialWeights?.ApplyTo(network, classNames);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private ChannelStatistics ChooseNormalization(IImageSource training)
    {
        if ((Plan.Normalization ?? Plan.InitialWeights?.Normalization) is { } known)
            return known;
        if (Plan.InitialWeights is not null)
            Say($"{Plan.InitialWeights} does not say how its network's input was normalised; the statistics of the training rows are taken. Set Normalization where those are known.", isWarning: true);
        return ChannelStatistics.Of(training);
    }

    private FrozenFeatures? ComputeFeatures(ImageNetwork student, IImageSource source, ComputePath path, CancellationToken token)
    {
        if (!FeatureReuse.Suits(Plan, student))
            return null;
        var features = FrozenFeatures.Compute(student, source, Plan.BatchSize, path, token);
        Say(features is null
            ? $"The features of {source.Count} rows take more than {FrozenFeatures.MaxBytes >> 20} MiB; the frozen stages run in every epoch."
            : $"The frozen stages ran once over {source.Count} rows.");
        return features;
    }

    private ComputePath ChoosePath(ImageNetwork student, ImageShape shape, IReadOnlyList<int> batchSizes)
    {
        if (student.CheckKernels(shape, batchSizes, Plan.Precision) is not { } check)
            return ComputePath.Default with { Precision = Plan.Precision };
        Say(check.Summary);
        if (check.Warning is { } warning)
            Say(warning, isWarning: true);
        if (check.Path.Precision != Plan.Precision)
            Say($"Precision is {Plan.Precision}, but the run takes {check.Path.Precision}{(Autocast.CanSwitch ? "" : ": this build of libtorch cannot switch it")}.", isWarning: true);
        else if (Plan.Precision == Precision.BFloat16 && !MachineIdentity.HasBFloat16)
            Say("This processor has no instructions for bfloat16: it is emulated, and Float32 is faster.", isWarning: true);
        return check.Path;
    }

    private void Say(string message) => Say(message, isWarning: false);

    private void Say(string message, bool isWarning) => Notify(callback => callback.OnMessage(message, isWarning));

    private void Notify(Action<TrainingCallback> action)
    {
        foreach (var callback in Plan.Callbacks)
            action(callback);
    }
}
