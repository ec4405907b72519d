using TorchSharp;

namespace TfKd.Tests;

/// <summary>What a run that ends within an epoch leaves.</summary>
public sealed class CancellationTests : IDisposable
{
    private const int StepsAnEpoch = 5;

    private static readonly DecodedCache _training = PatternSource.Create(80);
    private static readonly DecodedCache _validation = PatternSource.Create(32, seed: 2);

    private static readonly TrainingPlan _plan = new()
    {
        BatchSize = 16,
        MaxEpochs = 4,
        // Too high to get better with each epoch.
        Optimizer = new Sgd { LearningRate = 0.5 },
        Schedule = new ConstantSchedule(),
        Seed = 3,
        OnCancellation = CancellationOutcome.KeepBest,
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("tfkd-cancellation-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_best_epoch_so_far_is_kept()
    {
        var messages = new List<string>();
        var outcome = Cancel(_plan, afterStep: 12, messages: messages);
        Assert.Equal(2, outcome.Result.History.Count);
        var best = outcome.Result.History.MaxBy(epoch => (epoch.Validation!.Top1, -epoch.Validation.NegativeLogLikelihood))!;
        Assert.Equal(best, outcome.Result.Best);
        Assert.Equal(best.Validation, outcome.Metrics);
        Assert.Equal(
            $"Cancelled in epoch 3 of 4, after 2 of 5 steps; the weights are those of epoch {best.Epoch + 1}, the best so far by Accuracy.",
            outcome.Result.StopReason);
        Assert.Contains($"warning: {outcome.Result.StopReason}", messages);
        Assert.Equal(12, outcome.Steps);
        Assert.True(outcome.Ended);
    }

    [Theory]
    [InlineData(true, false, 12, 3, 2)]
    [InlineData(false, true, 12, 3, 2)]
    [InlineData(true, true, 3, 1, 3)]
    [InlineData(true, true, 1, 1, 1)]
    public void Where_no_best_epoch_is_known_the_latest_weights_are_kept(
        bool isValidated, bool restoresBest, int afterStep, int epochs, int stepsInEpoch)
    {
        var outcome = Cancel(_plan with { RestoreBestWeights = restoresBest }, afterStep, isValidated);
        Assert.Equal(
            $"Cancelled in epoch {epochs} of 4, after {stepsInEpoch} of 5 steps; the weights are the latest.", outcome.Result.StopReason);
        Assert.Equal(epochs, outcome.Result.History.Count);
        Assert.Equal(epochs - 1, outcome.Result.BestEpoch);
        Assert.Null(outcome.Result.Best.Validation);
        Assert.True(double.IsFinite(outcome.Result.Best.TrainingLoss));
        Assert.Equal(outcome.WeightsAtLastStep, outcome.Weights);
    }

    [Fact]
    public void A_cancelled_validation_counts_as_an_epoch_without_one()
    {
        var outcome = Cancel(_plan, afterStep: StepsAnEpoch);
        Assert.Equal("Cancelled in epoch 1 of 4, after 5 of 5 steps; the weights are the latest.", outcome.Result.StopReason);
        Assert.Equal(outcome.WeightsAtLastStep, outcome.Weights);
    }

    [Fact]
    public void Between_two_epochs_nothing_is_lost()
    {
        using var source = new CancellationTokenSource();
        var callback = new Watcher { EpochEnd = _ => source.Cancel() };
        var outcome = Run(_plan with { Callbacks = [callback] }, isValidated: false, source.Token);
        Assert.Equal("Cancelled in epoch 2 of 4, after 0 of 5 steps; the weights are the latest.", outcome.Result.StopReason);
        Assert.Single(outcome.Result.History);
        Assert.Equal(0, outcome.Result.BestEpoch);
    }

    [Fact]
    public void Before_the_first_step_there_is_nothing_to_keep()
    {
        using var source = new CancellationTokenSource();
        var callback = new Watcher { TrainBegin = _ => source.Cancel() };
        Assert.ThrowsAny<OperationCanceledException>(() => Run(_plan with { Callbacks = [callback] }, isValidated: true, source.Token));
    }

    [Fact]
    public void Half_a_teacher_teaches_nobody()
    {
        using var source = new CancellationTokenSource();
        var callback = new Watcher { Message = text => CancelAtFirstEpoch(text, source), Step = _ => Assert.Fail("the student learnt") };
        var plan = _plan with { Objective = new KnowledgeDistillation(), Teacher = new SelfTeacher(), Callbacks = [callback] };
        Assert.ThrowsAny<OperationCanceledException>(() => Run(plan, isValidated: true, source.Token));
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public void After_the_last_epoch_nothing_is_lost_but_the_report_on_the_teacher()
    {
        using var source = new CancellationTokenSource();
        var plan = _plan with
        {
            Objective = new KnowledgeDistillation(),
            Teacher = new GivenTeacher(new SmallCnn { InputShape = _training.Shape, Width = 4 }),
        };
        var callback = new Watcher { EpochEnd = state => { if (state.History.Count == 4) source.Cancel(); } };
        var result = Run(plan with { Callbacks = [callback] }, isValidated: true, source.Token).Result;
        Assert.True(source.IsCancellationRequested);
        Assert.Equal((4, null), (result.History.Count, result.StopReason));
        Assert.Null(result.TeacherReport);
        using var other = new CancellationTokenSource();
        callback = new Watcher { EpochEnd = state => { if (state.History.Count == 4) other.Cancel(); } };
        Assert.ThrowsAny<OperationCanceledException>(() => Run(
            plan with { Callbacks = [callback], OnCancellation = CancellationOutcome.Throw }, isValidated: true, other.Token));
    }

    [Fact]
    public void The_default_is_to_throw() =>
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Cancel(_plan with { OnCancellation = new TrainingPlan().OnCancellation }, afterStep: 12));

    [Fact]
    public void A_cancelled_run_can_be_gone_on_with()
    {
        var unbroken = Run(_plan, isValidated: true, CancellationToken.None);
        var plan = _plan with { CheckpointDirectory = _directory };
        Cancel(plan, afterStep: 12);
        var resumed = Run(plan, isValidated: true, CancellationToken.None);
        Assert.Equal(unbroken.Weights, resumed.Weights);
        Assert.Equal(4, resumed.Result.History.Count);
        Assert.Null(resumed.Result.StopReason);
    }

    [Fact]
    public void The_better_of_two_peers_is_kept()
    {
        var outcome = Cancel(
            _plan with { Objective = new KnowledgeDistillation { Alpha = 0.5 }, Teacher = new PeerTeacher() }, afterStep: 12);
        Assert.Equal(outcome.Result.Best.Validation, outcome.Metrics);
    }

    [Fact]
    public void A_callback_can_end_the_run_at_once()
    {
        var steps = 0;
        var callback = new Watcher { Step = state => StopAfter(12, ++steps, state) };
        var outcome = Run(
            _plan with { OnCancellation = CancellationOutcome.Throw, Callbacks = [callback] }, isValidated: true, CancellationToken.None);
        Assert.Equal(12, steps);
        Assert.Equal("enough", outcome.Result.StopReason);
        Assert.Equal(2, outcome.Result.History.Count);
        Assert.Equal(outcome.Result.Best.Validation, outcome.Metrics);
    }

    private static void StopAfter(int last, int step, TrainingState state)
    {
        if (step == last)
            state.RequestStop("enough", immediately: true);
    }

    private static void CancelAtFirstEpoch(string text, CancellationTokenSource source)
    {
        if (text.StartsWith("Teacher 1: Epoch 1/", StringComparison.Ordinal))
            source.Cancel();
    }

    private static Outcome Cancel(TrainingPlan plan, int afterStep, bool isValidated = true, List<string>? messages = null)
    {
        using var source = new CancellationTokenSource();
        var (steps, ended, weights) = (0, false, Array.Empty<byte>());
        var callback = new Watcher
        {
            Step = state =>
            {
                weights = WeightsOf(state.Student);
                if (++steps == afterStep)
                    source.Cancel();
            },
            Message = text => messages?.Add(text),
            TrainEnd = _ => ended = true,
        };
        return Run(plan with { Callbacks = [callback] }, isValidated, source.Token) with
        {
            WeightsAtLastStep = weights,
            Steps = steps,
            Ended = ended,
        };
    }

    private static Outcome Run(TrainingPlan plan, bool isValidated, CancellationToken token)
    {
        var trainer = new Trainer(plan);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = _training.Shape, Width = 4 }, 4);
        var result = trainer.Run(student, _training, isValidated ? _validation : null, token);
        return new Outcome(
            result, WeightsOf(student), Evaluator.Evaluate(student, _validation, 16, cancellationToken: CancellationToken.None));
    }

    private static byte[] WeightsOf(ImageNetwork network)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        return [.. network.Body.state_dict().Values.SelectMany(tensor => tensor.detach().contiguous().bytes.ToArray())];
    }

    private sealed record Outcome(TrainingResult Result, byte[] Weights, ClassificationMetrics Metrics)
    {
        public byte[] WeightsAtLastStep { get; init; } = [];

        public int Steps { get; init; }

        public bool Ended { get; init; }
    }

    private sealed class Watcher : TrainingCallback
    {
        public Action<TrainingState>? TrainBegin { get; init; }

        public Action<TrainingState>? Step { get; init; }

        public Action<TrainingState>? EpochEnd { get; init; }

        public Action<TrainingState>? TrainEnd { get; init; }

        public Action<string>? Message { get; init; }

        public override void OnTrainBegin(TrainingState state) => TrainBegin?.Invoke(state);

        public override void OnBatchEnd(TrainingState state) => Step?.Invoke(state);

        public override void OnEpochEnd(TrainingState state) => EpochEnd?.Invoke(state);

        public override void OnTrainEnd(TrainingState state) => TrainEnd?.Invoke(state);

        public override void OnMessage(string message, bool isWarning) => Message?.Invoke(isWarning ? $"warning: {message}" : message);
    }
}
