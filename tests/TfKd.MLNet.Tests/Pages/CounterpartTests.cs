using System.Reflection;
using System.Text.RegularExpressions;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>examples/guides/from-image-classification-trainer.md: each option of the old trainer, and what is there in its place.</summary>
public sealed partial class CounterpartTests
{
    /// <summary>Fields of Microsoft.ML.Vision's ImageClassificationTrainer.Options, 5.0.1, and of its base classes.</summary>
    private static readonly string[] _theirs =
    [
        "LabelColumnName", "FeatureColumnName", "ScoreColumnName", "PredictedLabelColumnName", "BatchSize", "Epoch", "LearningRate",
        "LearningRateScheduler", "EarlyStoppingCriteria", "Arch", "MetricsCallback", "ValidationSet", "ValidationSetFraction",
        "TestOnTrainSet", "WorkspacePath", "FinalModelPrefix", "ReuseTrainSetBottleneckCachedValues",
        "ReuseValidationSetBottleneckCachedValues", "TrainSetBottleneckCachedValuesFileName",
        "ValidationSetBottleneckCachedValuesFileName",
    ];

    private static readonly List<(string Theirs, string Ours)> _rows =
    [
        .. Row().Matches(File.ReadAllText(Repository.PathOf("examples/guides/from-image-classification-trainer.md")).ReplaceLineEndings("\n"))
            .Select(row => (row.Groups[1].Value, row.Groups[2].Value)),
    ];

    [Fact]
    public void Each_option_of_the_old_trainer_has_a_row() => Assert.Equal(_theirs, _rows.Select(row => row.Theirs));

    [Fact]
    public void What_stands_in_its_place_is_an_option()
    {
        var ours = _rows.Select(row => row.Ours).Where(name => name.Length > 0).ToList();
        Assert.Contains("MaxEpochs", ours);
        Assert.Empty(ours.Except(typeof(TorchImageClassificationTrainer.Options)
            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => property.Name)));
    }

    [GeneratedRegex(@"^\| `(\w+)`[^|]*\|(?: `(\w+)`[^|]*| )\|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
