using System.Globalization;

namespace TfKd;

/// <summary>Runs a plan: the only training loop.</summary>
/// <param name="plan">What to do.</param>
/// <example><code>
/// var trainer = new Trainer(plan);
/// using var student = trainer.CreateStudent(new CifarResNet(), training.ClassNames);
/// var result = trainer.Run(student, training, validation);
/// Console.WriteLine(result.Best.Validation?.Top1);
/// </code></example>
public sealed class Trainer(TrainingPlan plan)
{
    private readonly TrainingPlan _own = Require.NotNull(plan).OfThisProcess;

    /// <summary>What is done.</summary>
    public TrainingPlan Plan { get; } = plan;

    /// <summary>What will be done with the student's scores after the run, for reports to tell of; null, the default: not known.</summary>
    internal ScoreUse? Scores { get; init; }

    /// <inheritdoc cref="RunData.PlanOfTeachers"/>
    internal TrainingPlan? PlanOfTeachers { get; init; }

    /// <inheritdoc cref="RunData.IsOfTeacher"/>
    internal bool IsOfTeacher { get; init; }

    /// <summary>
    /// Builds a network whose initial weights are drawn from the plan's seed, or are those of <see cref="TrainingPlan.InitialWeights"/>;
    /// the caller disposes it.
    /// </summary>
    /// <exception cref="InvalidDataException">The plan's weights are damaged, or do not fit the network.</exception>
    public ImageNetwork CreateStudent(NetworkArchitecture architecture, int classCount) =>
        CreateStudent(architecture, [.. Enumerable.Range(0, classCount).Select(index => index.ToString(CultureInfo.InvariantCulture))]);

    /// <summary>The same for classes with names, by which a head that was trained before knows its own.</summary>
    public ImageNetwork CreateStudent(NetworkArchitecture architecture, IReadOnlyList<string> classNames)
    {
        var student = NetworkCreation.Create(Plan, architecture, classNames, SeedPurpose.Initialization);
        Mark(student, cameWith: null);
        return student;
    }

    /// <summary>
    /// What <see cref="Run(ImageNetwork, IImageSource, IImageSource, CancellationToken)"/> refuses whatever the rows are.
    /// </summary>
    /// <param name="student">The network.</param>
    /// <param name="areSeveral">Whether a row may have several labels.</param>
    /// <param name="isValidated">Whether there will be validation rows, as far as that is known.</param>
    /// <exception cref="InvalidOperationException">Plan and network do not fit together.</exception>
    internal void Check(ImageNetwork student, bool areSeveral, bool isValidated)
    {
        PlanValidation.CheckPlan(_own, student, areSeveral, isValidated);
        new FrozenLayers(student, _own.FrozenStages, _own.FreezeBatchNormStatistics).Dispose();
        if (_own.LinearProbe is not null)
            HeadFit.RequireHead(student);
    }

    /// <summary>Trains a student in place.</summary>
    /// <param name="student">The network; its weights and its normalisation are changed.</param>
    /// <param name="training">Rows to learn from.</param>
    /// <param name="validation">Rows to choose the best epoch by, or null.</param>
    /// <param name="token">
    /// Stops the run between two steps, with what <see cref="TrainingPlan.OnCancellation"/> says; the last checkpoint stays valid.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The plan, the network and the rows do not fit together; thrown before the first batch.
    /// </exception>
    /// <exception cref="TrainingDivergedException">
    /// The objective, a gradient or a weight became NaN or infinite; the last checkpoint is from before that.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The token was cancelled, before the first step or where <see cref="TrainingPlan.OnCancellation"/> is to throw.
    /// </exception>
    /// <exception cref="IOException">
    /// Checkpoints cannot be written: the folder is tried before the first batch; or the disk became full, and the last checkpoint is
    /// whole.
    /// </exception>
    public TrainingResult Run(
        ImageNetwork student, IImageSource training, IImageSource? validation = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(training);
        TorchRuntime.EnsureLoaded();
        var agreement = new ReplicaAgreement(_own.Replicas);
        var cameWith = OwnFingerprintOf(student);
        try
        {
            var data = new RunData(student, training, validation)
            {
                Scores = Scores,
                PlanOfTeachers = PlanOfTeachers,
                IsOfTeacher = IsOfTeacher,
                StudentFingerprint = cameWith,
            };
            return ScalarRace.Explain(() => Run(data, agreement, token));
        }
        catch (Exception exception) when (!agreement.KnowsOf(exception))
        {
            // The others would wait for the next sum.
            agreement.Replicas!.Abort(exception.ToString());
            throw;
        }
        finally
        {
            // Who runs it again goes on from the checkpoint.
            Mark(student, cameWith);
        }
    }

    // Weights that were loaded into the student since: a checkpoint of others is that of another run.
    private string? OwnFingerprintOf(ImageNetwork student)
    {
        if (_own.CheckpointDirectory is null || student.TrainersFingerprint is not var (left, cameWith))
            return null;
        var found = NetworkFingerprint.Of(student);
        return found == left ? cameWith : found;
    }

    private void Mark(ImageNetwork student, string? cameWith) =>
        student.TrainersFingerprint = _own.CheckpointDirectory is null ? null : (NetworkFingerprint.Of(student), cameWith);

    private TrainingResult Run(RunData data, ReplicaAgreement agreement, CancellationToken token)
    {
        using var setup = new RunSetup(_own, data, agreement, token);
        var (run, callbacks) = (setup.Run, setup.Callbacks);
        if (run.TryResume() is { } message)
            callbacks.Say(message);
        callbacks.Notify(callback => callback.OnTrainBegin(run.State));
        var epoch = new TrainingEpoch(_own, setup, token);
        var memory = FreedMemory.OfProcess();
        try
        {
            while (!run.IsOver && epoch.TakeSteps() is { } metrics)
            {
                metrics = epoch.Validate(metrics);
                memory.OnEpochEnd();
                run.Complete(metrics);
                callbacks.Notify(callback => callback.OnEpochEnd(run.State));
                run.ShareStopReason();
                run.SaveAfterEpoch();
            }
        }
        catch (OperationCanceledException exception)
            when ((token.IsCancellationRequested || ReplicaAgreement.IsSettled(exception)) && KeepsBest(run))
        {
            run.Cancel(setup.StepsAnEpoch, () => epoch.Summarize(0, default));
        }

        return Finish(setup, token);
    }

    private bool KeepsBest(TrainingRun run) => _own.OnCancellation == CancellationOutcome.KeepBest && run.Step > 0;

    private TrainingResult Finish(RunSetup setup, CancellationToken token)
    {
        var (run, callbacks) = (setup.Run, setup.Callbacks);
        if (run.State.StopReason is { } reason)
            callbacks.Say(reason, isWarning: run.EndedWithinEpoch);
        callbacks.Notify(callback => callback.OnTrainEnd(run.State));
        run.State.Student.eval();
        var result = run.Finish();
        // Watchers see the weights as they are again.
        using (setup.Participants.Student.UseIntegers(CancellationToken.None))
            result = AddFindings(setup, result with { Calibration = setup.Participants.Student.Integers?.Calibration }, token);
        if (setup.Agreement.Share.Rank > 0)
            return result;
        callbacks.Notify(callback => callback.OnFinished(run.State, result));
        return result;
    }

    private TrainingResult AddFindings(RunSetup setup, TrainingResult result, CancellationToken token)
    {
        var run = setup.Run;
        // One of several processes tells of the teacher.
        if (setup.Agreement.Share.Rank > 0)
            return result;
        if (run.FindFinished() is { } found)
            return found.AddTo(result);
        if (setup.Participants.Statistics is not { Agreement: not null } statistics || run.WasFinished || run.EndedWithinEpoch)
            return result;
        try
        {
            return ReportTeacher(setup, statistics, token).AddTo(result);
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested && KeepsBest(run))
        {
            // All is trained: that nobody waits for the report on the teacher is no reason to lose it.
            return result;
        }
    }

    private TeacherFindings ReportTeacher(RunSetup setup, TeacherStatistics statistics, CancellationToken token)
    {
        var (student, teacher) = (setup.Run.State.Student, setup.Participants.Teacher!);
        var (report, predictions) = TeacherReporting.Report(_own, teacher, statistics, student, setup.Run.State.Validation, token);
        if (report.Warning is { } warning)
            setup.Callbacks.Warn(warning);
        var findings = new TeacherFindings(report, statistics.Example, predictions);
        setup.Run.KeepFinished(findings);
        return findings;
    }
}
