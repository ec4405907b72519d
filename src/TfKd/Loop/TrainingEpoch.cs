using System.Diagnostics;

namespace TfKd;

/// <summary>The epoch under way of a run: its steps, its validation, its metrics.</summary>
/// <param name="plan">What is run.</param>
/// <param name="setup">The components of the run.</param>
/// <param name="token">Stops between two batches.</param>
internal sealed class TrainingEpoch(TrainingPlan plan, RunSetup setup, CancellationToken token)
{
    private readonly TrainingRun _run = setup.Run;
    private readonly ReplicaAgreement _agreement = setup.Agreement;
    private readonly TimeEstimate _estimate = new(TimeProvider.System, message => setup.Callbacks.Say(message));

    // The epoch that fits the head and takes no step.
    private bool IsProbe => plan.LinearProbe is not null && _run.Epoch == 0;

    /// <summary>Takes the steps of an epoch, from the one on that the run stands at.</summary>
    /// <returns>The metrics of the epoch, without validation; null where the run was asked to end at once.</returns>
    public EpochMetrics? TakeSteps()
    {
        if (IsProbe)
            return FitHead();
        var (stopwatch, waiting, rowsBefore) = (Stopwatch.StartNew(), new WaitingTime(), _run.Sums.Rows);
        var read = _agreement.TokenFor(token);
        _run.BeginEpoch(read);
        var batches = setup.Loader.ReadShuffled(plan.Seed, _run.Epoch, _run.Sums.Steps * plan.AccumulateSteps, read);
        foreach (var step in waiting.Measure(StepBatches.Group(batches, plan.AccumulateSteps)))
        {
            using (step)
            {
                read.ThrowIfCancellationRequested();
                TakeStep(step);
                setup.Callbacks.Notify(callback => callback.OnBatchEnd(_run.State));
                var asked = _agreement.Any(_run.State.StopsAtOnce, _run.IsTimeToSave, token.IsCancellationRequested);
                var (stops, saves, isCancelled) = (asked[0], asked[1], asked[2]);
                if (stops)
                {
                    _run.ShareStopReason();
                    _run.EndWithinEpoch(Summary);
                    return null;
                }

                if (saves)
                    _run.SaveAfterStep();
                _agreement.EndWhereCancelled(isCancelled, token);
            }
        }

        _run.EndEpoch();
        return Summary();

        EpochMetrics Summary()
        {
            var times = new EpochTimes(waiting.Elapsed, stopwatch.Elapsed - waiting.Elapsed, TimeSpan.Zero);
            return Summarize((_run.Sums.Rows - rowsBefore) / stopwatch.Elapsed.TotalSeconds, times);
        }
    }

    /// <summary>Adds what student and peer do on the validation rows, where there are any, and what is known of the teacher.</summary>
    public EpochMetrics Validate(EpochMetrics metrics)
    {
        if (!IsProbe)
            metrics = metrics with { TeacherAgreement = setup.Participants.Statistics?.Agreement };
        if (_run.Epoch == (plan.LinearProbe is null ? 0 : 1) && setup.Participants is { Teacher: { } teacher, Statistics: { } statistics }
            && TeacherReporting.DoubtOf(plan, teacher, statistics) is { } doubt)
            setup.Callbacks.Warn(doubt);
        if (_run.State.Validation is not { } rows)
            return metrics;
        var stopwatch = Stopwatch.StartNew();
        var (student, peer) = (setup.Participants.Student.Network, setup.Participants.Peer?.Network);
        using var average = setup.Participants.Student.UseAverage();
        using var averageOfPeer = setup.Participants.Peer?.UseAverage();
        using var integers = setup.Participants.Student.UseIntegers(_agreement.TokenFor(token));
        using var integersOfPeer = setup.Participants.Peer?.UseIntegers(_agreement.TokenFor(token));
        metrics = LabelSets.AreIn(rows) ? metrics with { LabelValidation = MeasureLabels(student, rows) } : metrics with
        {
            Validation = Measure(student, setup.ValidationFeatures),
            PeerValidation = peer is null ? null : Measure(peer, features: null),
        };
        return metrics with { Times = metrics.Times with { Validating = stopwatch.Elapsed } };
    }

    // Of several processes each measures its rows, and may have none.
    private ClassificationMetrics Measure(ImageNetwork network, FrozenFeatures? features)
    {
        var rows = setup.ValidationRows!;
        var metrics = rows.Count == 0
            ? new MetricsAccumulator()
            : Ask(network, () => Evaluator.Gather(network, rows, plan.BatchSize, features, _agreement.TokenFor(token)));
        metrics.LoadState(new Queue<double>(_agreement.Sum([.. metrics.ReadState()])));
        return metrics.ToMetrics();
    }

    private MultiLabelMetrics MeasureLabels(ImageNetwork student, IImageSource rows) =>
        Ask(student, () => Evaluator.LabelScores(student, rows, plan.BatchSize, setup.ValidationFeatures, _agreement.TokenFor(token)))
            .ToMetrics(rows.ClassNames, thresholds: null);

    private T Ask<T>(ImageNetwork network, Func<T> measure)
    {
        try
        {
            return measure();
        }
        catch (ArithmeticException cause) when (plan.Replicas is null)
        {
            // Of several processes the others would not know of it, and go on.
            throw new NonFiniteSearch(network, _run.LastStep).OfValidation(cause);
        }
    }

    /// <summary>The metrics of the steps so far.</summary>
    public EpochMetrics Summarize(double imagesPerSecond, EpochTimes times) => new()
    {
        Epoch = _run.Epoch,
        MaxEpochs = plan.MaxEpochs,
        LearningRate = _run.Sums.LearningRate,
        TrainingLoss = _run.Terms[Learner.TotalTerm],
        TrainingAccuracy = (double)_run.Sums.Correct / _run.Sums.Labelled,
        Terms = _run.Terms.Where(term => term.Key != Learner.TotalTerm).ToDictionary(),
        ImagesPerSecond = imagesPerSecond,
        Elapsed = _run.Elapsed,
        Times = times,
    };

    private EpochMetrics FitHead()
    {
        var (stopwatch, student, all) = (Stopwatch.StartNew(), setup.Participants.Student, _run.State.Training!);
        // One that follows the student knows nothing yet.
        var teacher = setup.Participants.Teacher is { Fingerprint: not null } known ? known : null;
        var rows = teacher is null ? SourceSubset.OfLabelled(all) : all;
        if (plan is { MaxEpochs: 1, Teacher: not null } && teacher is null)
            throw new InvalidOperationException(
                $"The only epoch fits the head, by {nameof(TrainingPlan.LinearProbe)}, and {plan.Teacher}, which is not fixed, has no say "
                    + $"in it; set {nameof(TrainingPlan.MaxEpochs)} to 2 or more, or take a teacher that is fixed.");
        // Features and weights are at hand by the numbers of all rows.
        var (features, weights) = ReferenceEquals(rows, all)
            ? (student.Features, setup.WeightsOfRows)
            : (null, RowWeights.Of(rows, plan.ClassWeighting));
        var fit = new HeadFit(plan.LinearProbe!, student.Network, rows, weights)
        {
            PositiveWeights = setup.WeightsOfPositives,
            Teacher = teacher,
        };
        var result = fit.Run(features, plan.BatchSize, token);
        // One that follows the student knew the random head.
        setup.Participants.Teacher?.OnStepEnd(0);
        setup.Participants.Teacher?.OnEpochEnd();
        setup.Callbacks.Say(result.Describe(rows.Count));
        return new EpochMetrics
        {
            Epoch = 0,
            MaxEpochs = plan.MaxEpochs,
            LearningRate = 0,
            TrainingLoss = result.Loss,
            TrainingAccuracy = result.Accuracy,
            Terms = new Dictionary<string, double>(),
            ImagesPerSecond = rows.Count / stopwatch.Elapsed.TotalSeconds,
            Elapsed = _run.Elapsed,
            Times = new EpochTimes(TimeSpan.Zero, stopwatch.Elapsed, TimeSpan.Zero),
        };
    }

    private void TakeStep(StepBatches batches)
    {
        var (epoch, steps) = (_run.Epoch, _run.Sums.Steps);
        // Anew in each step: a resumed run drops out what an unbroken one would.
        if (_agreement.Share.Rank is > 0 and var rank)
            GlobalGenerator.Seed(plan.Seed, SeedPurpose.Dropout, epoch, steps, rank);
        else
            GlobalGenerator.Seed(plan.Seed, SeedPurpose.Dropout, epoch, steps);
        var rate = plan.RateOf(epoch, steps, setup.StepsAnEpoch, _run.State.History);
        var outcome = setup.Strategy.Take(batches, new(new TrainingProgress(epoch, plan.MaxEpochs, _run.Step), rate));
        _run.Count(outcome, rate, setup.StepsAnEpoch);
        _estimate.OnStep((long)setup.StepsAnEpoch * (plan.MaxEpochs - epoch) - _run.Sums.Steps);
    }
}
