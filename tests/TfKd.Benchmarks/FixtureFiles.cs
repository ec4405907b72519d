using System.Text.Json;
using Microsoft.ML;
using TfKd.MLNet;
using TfKd.MLNet.Tests;
using TfKd.Tests;

namespace TfKd.Benchmarks;

/// <summary>
/// Writes the files that later versions of the library must read: those of the run are in tests/TfKd.Tests/Fixtures, those of the model in
/// tests/TfKd.MLNet.Tests/Fixtures. They were written with the library of commit 56aea00, and are not written anew when it changes: that
/// they are old is what they are for.
/// </summary>
internal static class FixtureFiles
{
    private const int StepsAnEpoch = 3;

    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    /// <param name="folder">The folder of the files; made where it is missing. What is in it is not replaced.</param>
    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var history = RecordedRun.Run(RecordedRun.Plan).History.Select(RecordedEpoch.Of);
        WriteJson(Path.Combine(folder, RecordedRun.HistoryFile), history);
        WriteCheckpoint(Path.Combine(folder, RecordedRun.AfterEpochFile), new(), steps: 2 * StepsAnEpoch + 1);
        WriteCheckpoint(
            Path.Combine(folder, RecordedRun.WithinEpochFile), new() { Time = TimeSpan.FromTicks(1) }, steps: StepsAnEpoch + 2);
        WriteModel(folder);
    }

    private static void WriteCheckpoint(string path, CheckpointInterval interval, int steps)
    {
        var run = Directory.CreateTempSubdirectory("tfkd-fixtures-");
        using var source = new CancellationTokenSource();
        var plan = RecordedRun.Plan with
        {
            CheckpointDirectory = run.FullName,
            CheckpointInterval = interval,
            Callbacks = [new CancelAfter(steps, source)],
        };
        try
        {
            RecordedRun.Run(plan, source.Token);
            throw new InvalidOperationException("The run was not broken off.");
        }
        catch (OperationCanceledException)
        {
            File.Move(run.GetFiles().Single().FullName, path);
        }
        finally
        {
            run.Delete(recursive: true);
        }
    }

    private static void WriteModel(string folder)
    {
        var ml = new MLContext(seed: 1);
        var options = new TorchImageClassificationTrainer.Options
        {
            Network = RecordedModel.Network,
            Objective = new KnowledgeDistillation { Alpha = 0.5, Temperature = 2 },
            Teacher = new TrainedTeacher(RecordedModel.Network) { Epochs = 10 },
            Augmentations = [new RandomCrop { Padding = 1 }, new HorizontalFlip()],
            BatchSize = 16,
            MaxEpochs = 10,
            ValidationSetFraction = 0.2f,
            CalibrateScores = true,
        };
        var rows = RecordedModel.TrainingRows(ml);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.TorchImageClassification(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using var chain = pipeline.Fit(rows);
        using var file = File.Open(Path.Combine(folder, RecordedModel.ModelFile), FileMode.CreateNew);
        ml.Model.Save(chain, rows.Schema, file);
        WriteJson(Path.Combine(folder, RecordedModel.RecordFile), RecordedModel.Of(ml, chain));
    }

    private static void WriteJson<T>(string path, T content)
    {
        using var file = File.Open(path, FileMode.CreateNew);
        JsonSerializer.Serialize(file, content, _json);
    }

    private sealed class CancelAfter(int steps, CancellationTokenSource source) : TrainingCallback
    {
        private int _taken;

        public override void OnBatchEnd(TrainingState state)
        {
            if (++_taken == steps)
                source.Cancel();
        }
    }
}
