namespace TfKd;

/// <summary>
/// Trains with a learning rate that rises step by step, and looks at the loss of each step: where it falls, the rate suits the network and
/// the data; where it begins to rise, the rate is too high. The network that it trains is thrown away.
/// </summary>
/// <remarks>
/// Smith, 'Cyclical learning rates for training neural networks', WACV 2017, section 3.3, with rates that rise evenly by their logarithm.
/// </remarks>
/// <example><code>
/// var curve = new LearningRateFinder { Steps = 200 }.Run(plan, new CifarResNet(), training);
/// Console.WriteLine(curve.Suggested);
/// curve.WriteHtml("learning-rate.html");
/// </code></example>
public sealed record LearningRateFinder
{
    // Behind this multiple of the lowest loss nothing comes back.
    private const double Diverged = 4;

    /// <summary>The rate of the first step, above 0. Default 1e-6.</summary>
    public double MinRate { get; init => field = Require.Positive(value); } = 1e-6;

    /// <summary>The rate of the last step, above <see cref="MinRate"/>. Default 10.</summary>
    public double MaxRate { get; init => field = Require.Positive(value); } = 10;

    /// <summary>
    /// Steps from one to the other, 10 or more. Default 100. Fewer are taken where the loss is above four times its lowest before;
    /// of losses below 0, which some objectives have, where it has risen by three times the lowest or the first, whichever is farther from
    /// 0.
    /// </summary>
    public int Steps
    {
        get;
        init => field = value >= 10
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Steps), value, $"Steps must be 10 or more, but is {value}.");
    } = 100;

    /// <summary>Fraction of the running mean of the losses that is kept at each step, within [0, 1). Default 0.9.</summary>
    public double Smoothing { get; init => field = Require.FractionBelowOne(value); } = 0.9;

    /// <summary>Trains a network that is made by the plan's seed, with the plan's optimiser, objective, augmentations and so on.</summary>
    /// <param name="plan">
    /// How it is to be trained; the optimiser's rate, the schedule, the number of epochs, checkpoints and callbacks are not looked at, but
    /// for a teacher that is trained first: it is trained as the plan says, for all of its epochs, so give it few
    /// (<see cref="TrainedTeacher.Epochs"/>), or take one that is there already.
    /// </param>
    /// <param name="network">The network.</param>
    /// <param name="training">Rows to learn from.</param>
    /// <param name="token">Stops between two steps.</param>
    /// <exception cref="InvalidOperationException">
    /// <see cref="MaxRate"/> is not above <see cref="MinRate"/>; or the plan has several processes; or plan, network and rows do not fit
    /// together; or the loss was never a number.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public LearningRateCurve Run(
        TrainingPlan plan, NetworkArchitecture network, IImageSource training, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(training);
        if (MaxRate <= MinRate)
            throw new InvalidOperationException(
                FormattableString.Invariant($"MaxRate must be above MinRate, but is {MaxRate}, and MinRate is {MinRate}."));
        OneProcess.Require("The learning rate finder", [plan]);
        var watcher = new Watcher(this);
        var trainer = CreateTrainer(plan, training, watcher);
        using var student = trainer.CreateStudent(network, training.ClassNames);
        try
        {
            trainer.Run(student, training, validation: null, token);
        }
        catch (TrainingDivergedException) when (watcher.Points.Count > 0)
        {
            // The rate at which that happens is what was looked for.
        }

        return new LearningRateCurve(watcher.Points);
    }

    private Trainer CreateTrainer(TrainingPlan plan, IImageSource training, Watcher watcher)
    {
        var stepsAnEpoch = new BatchLoader(training, plan.BatchSize).StepCount(plan.AccumulateSteps);
        // The epoch that fits a head takes no step.
        var before = plan.LinearProbe is null ? 0 : 1;
        var growth = Math.Pow(MaxRate / MinRate, 1.0 / (Steps - 1));
        return new Trainer(plan with
        {
            Optimizer = plan.Optimizer with { LearningRate = MinRate },
            Schedule = new RisingSchedule(growth, before, stepsAnEpoch),
            MaxEpochs = before + (Steps + stepsAnEpoch - 1) / stepsAnEpoch,
            WeightAverage = null,
            // It is for later epochs than there are here.
            FakeQuantization = plan.FakeQuantization is { FirstEpoch: > 0 } ? null : plan.FakeQuantization,
            CheckpointDirectory = null,
            StepsARead = 1,
            OnCancellation = CancellationOutcome.Throw,
            Callbacks = [watcher],
        })
        {
            // Who is trained first to teach is to know something.
            PlanOfTeachers = plan with { CheckpointDirectory = null, OnCancellation = CancellationOutcome.Throw, Callbacks = [] },
        };
    }

    /// <summary>The lowest rate at the first step, and by one factor more at each that follows.</summary>
    private sealed record RisingSchedule(double Growth, int FirstEpoch, int StepsAnEpoch) : LearningRateSchedule
    {
        // A step has the rate of its end.
        public override double Factor(double epoch, int maxEpochs) =>
            Math.Pow(Growth, Math.Max(0, (epoch - FirstEpoch) * StepsAnEpoch - 1));
    }

    private sealed class Watcher(LearningRateFinder finder) : TrainingCallback
    {
        private double _mean;
        private double _lowest = double.PositiveInfinity;

        public List<LearningRatePoint> Points { get; } = [];

        public override void OnBatchEnd(TrainingState state)
        {
            var (rate, loss) = state.LastStep;
            _mean = finder.Smoothing * _mean + (1 - finder.Smoothing) * loss;
            // The mean begins at 0, which is none of the losses.
            var smoothed = _mean / (1 - Math.Pow(finder.Smoothing, Points.Count + 1));
            Points.Add(new(rate, loss, smoothed));
            _lowest = Math.Min(_lowest, smoothed);
            if (Points.Count >= finder.Steps)
                state.RequestStop("All rates have been tried.", immediately: true);
            else if (smoothed - _lowest > (Diverged - 1) * Math.Max(Math.Abs(_lowest), _lowest > 0 ? 0 : Math.Abs(Points[0].Loss)))
                state.RequestStop("The loss rises.", immediately: true);
        }
    }
}
