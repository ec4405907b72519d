using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet.Tests;

/// <summary>A Fit that is cancelled, and what it leaves.</summary>
public sealed class CancelledFitTests
{
    private static readonly TorchImageClassificationTrainer.Options _options = TrainingRuns.Options with
    {
        MaxEpochs = 1000,
        OnCancellation = CancellationOutcome.KeepBest,
    };

    [Fact]
    public void A_cancelled_fit_returns_a_model_that_predicts_and_is_saved()
    {
        using var source = new CancellationTokenSource();
        var (ml, warnings) = Context();
        var options = _options with
        {
            CancellationToken = source.Token,
            CalibrateScores = true,
            Callbacks = [new CancelInEpoch(2, source.Cancel)],
        };
        using var model = Fit(ml, options);
        Assert.Matches(
            "^Cancelled in epoch 3 of 1000, after 1 of \\d steps; the weights are those of epoch [12], the best so far by Accuracy\\.$",
            warnings[0]);
        Assert.StartsWith("Scores were calibrated on 9 samples, too few", Assert.Single(warnings[1..]), StringComparison.Ordinal);

        var metrics = ml.MulticlassClassification.Evaluate(model.Transform(TrainingRuns.Rows(ml)));
        Assert.InRange(metrics.MicroAccuracy, 0.3, 1);
        using var stream = new MemoryStream();
        ml.Model.Save(model, TrainingRuns.Rows(ml).Schema, stream);
        Assert.NotEqual(0, stream.Length);
        Assert.Contains(model.Model.Card.Training.Metrics, metric => metric.Split == "Validation, calibrated on it");
    }

    [Fact]
    public void A_fit_that_is_cancelled_in_its_first_epoch_keeps_the_latest_weights()
    {
        using var source = new CancellationTokenSource();
        var (ml, warnings) = Context();
        using var model = Fit(ml, _options with { CancellationToken = source.Token, Callbacks = [new CancelInEpoch(0, source.Cancel)] });
        Assert.Matches("^Cancelled in epoch 1 of 1000, after 1 of \\d steps; the weights are the latest\\.$", Assert.Single(warnings));
        Assert.Equal(["Training"], model.Model.Card.Training.Metrics.Select(metric => metric.Split).Distinct());
        Assert.Equal(90, model.Transform(TrainingRuns.Rows(ml)).GetColumn<VBuffer<float>>("Score").Count());
    }

    [Fact]
    public void The_host_can_cancel_and_have_a_model()
    {
        var (ml, warnings) = Context();
        using var model = Fit(ml, _options with { Callbacks = [new CancelInEpoch(1, () => CancelHost(ml))] });
        Assert.StartsWith("Cancelled in epoch 2 of 1000, ", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_host_can_cancel_while_a_teacher_is_trained()
    {
        var (ml, _) = Context();
        // Nobody sees the teacher's batches: only the clock asks the host.
        var options = _options with
        {
            Objective = new KnowledgeDistillation(),
            Teacher = new SelfTeacher(),
            Callbacks = [new CancelAtMessage("Teacher 1: Epoch 1/", () => CancelHost(ml))],
        };
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(ml, options));
    }

    [Fact]
    public void A_token_that_is_cancelled_before_leaves_no_model() =>
        Assert.ThrowsAny<OperationCanceledException>(() =>
            TrainingRuns.Fit(options: _options with { CancellationToken = new CancellationToken(canceled: true) }));

    [Fact]
    public void The_plan_that_is_run_has_all_options()
    {
        var watcher = new PlanWatcher();
        var interval = new CheckpointInterval { Epochs = 2, Time = TimeSpan.FromMinutes(5) };
        var options = TrainingRuns.Options with
        {
            MaxEpochs = 1,
            MaxGradientNorm = 0.5,
            BestEpochMetric = ValidationMetric.Loss,
            CheckpointInterval = interval,
            OnCancellation = CancellationOutcome.KeepBest,
            Callbacks = [watcher],
        };
        TrainingRuns.Fit(options: options).Dispose();
        var plan = watcher.Plan!;
        Assert.Equal(
            (0.5, ValidationMetric.Loss, interval, CancellationOutcome.KeepBest),
            (plan.MaxGradientNorm, plan.BestEpochMetric, plan.CheckpointInterval, plan.OnCancellation));
    }

    private static TorchImageClassificationTransformer Fit(MLContext ml, TorchImageClassificationTrainer.Options options) =>
        ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(TrainingRuns.Rows(ml));

    // Internal to ML.NET, where Model Builder calls it.
    private static void CancelHost(MLContext ml) =>
        typeof(MLContext).GetMethod(
            "CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.Invoke(ml, null);

    private static (MLContext Context, List<string> Warnings) Context()
    {
        var (ml, warnings) = (new MLContext(seed: 1), new List<string>());
        ml.Log += (_, message) =>
        {
            if (message.Kind == ChannelMessageKind.Warning)
                warnings.Add(message.RawMessage);
        };
        return (ml, warnings);
    }

    private sealed class CancelInEpoch(int epoch, Action cancel) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state)
        {
            if (state.Epoch == epoch)
                cancel();
        }
    }

    private sealed class CancelAtMessage(string start, Action cancel) : TrainingCallback
    {
        public override void OnMessage(string message, bool isWarning)
        {
            if (message.StartsWith(start, StringComparison.Ordinal))
                cancel();
        }
    }

    private sealed class PlanWatcher : TrainingCallback
    {
        public TrainingPlan? Plan { get; private set; }

        public override void OnTrainBegin(TrainingState state) => Plan = state.Plan;
    }
}
