using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet.Tests;

/// <summary>The programs of examples/guides/big-data.md.</summary>
internal static class BigDataPage
{
    public static TorchImageClassificationTrainer.Options MakeRoom()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            ImageMemoryBudget = 8L << 30,
            ImageCacheDirectory = "/fast-disk/cache",
            BatchSize = 64,
            AccumulateSteps = 4,
            CheckpointDirectory = "/fast-disk/checkpoints/run-1",
            CheckpointInterval = new() { Time = TimeSpan.FromMinutes(10) },
        };
        return options;
    }

    public static TorchImageClassificationTrainer.Options KeepAnswers()
    {
        var options = new TorchImageClassificationTrainer.Options
        {
            Objective = new KnowledgeDistillation { Alpha = 0.9, Temperature = 4 },
            Teacher = new ModelFileTeacher("teacher.zip"),
            Views = 4,
            TeacherCache = new() { Directory = "answers", Precision = TeacherCachePrecision.Float16, TopK = 20 },
        };
        return options;
    }

    public static void ScoreAShare(MLContext ml, ITransformer model, int shard, int count)
    {
        var paths = Directory.EnumerateFiles("new photos", "*.png", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .Where((_, index) => index % count == shard)
            .Select(path => new PhotoFile { Image = path });
        var scored = model.Transform(ml.Data.LoadFromEnumerable(paths));
        File.WriteAllLines(
            $"labels-{shard}.csv",
            scored.GetColumn<string>("Image").Zip(scored.GetColumn<string>("PredictedLabel"), (path, label) => $"\"{path}\",\"{label}\""));
    }

    public sealed class PhotoFile
    {
        public string Label { get; set; } = "";
        public string Image { get; set; } = "";
    }
}
