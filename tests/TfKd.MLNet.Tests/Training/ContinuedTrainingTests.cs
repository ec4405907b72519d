using Microsoft.ML;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

public sealed class ContinuedTrainingTests
{
    // So small that whatever was learnt before is still there.
    private static readonly TorchImageClassificationTrainer.Options _barely = TrainingRuns.Options with
    {
        MaxEpochs = 1,
        Optimizer = new Sgd { LearningRate = 1e-6, WeightDecay = 0 },
        ValidationSetFraction = null,
    };

    [Fact]
    public void Old_classes_keep_their_rows_of_the_head_wherever_they_stand_now()
    {
        using var before = Fit(["red", "green"], TrainingRuns.Options with { MaxEpochs = 6 });
        using var after = Fit(["blue", "green", "red"], _barely with { InitialModel = before, FrozenStages = 4 });
        Assert.Equal(["blue", "green", "red"], after.Model.ClassNames);
        Assert.Equal(before.Model.Normalization, after.Model.Normalization);
        using var old = before.Model.CreateNetwork();
        using var continued = after.Model.CreateNetwork();
        var (oldRows, newRows) = (old.Body.state_dict()["fc.weight"], continued.Body.state_dict()["fc.weight"]);
        Assert.InRange((newRows[1] - oldRows[1]).abs().max().item<float>(), 0, 1e-4);
        Assert.InRange((newRows[2] - oldRows[0]).abs().max().item<float>(), 0, 1e-4);
        Assert.Equal(
            old.Body.state_dict()["features.0.weight"].data<float>().ToArray(),
            continued.Body.state_dict()["features.0.weight"].data<float>().ToArray());
    }

    [Fact]
    public void A_saved_pipeline_goes_on_with_what_it_knows()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml, 90);
        var pipeline = ml.Transforms.CopyColumns("Copy", "Image").Append(
            ml.MulticlassClassification.Trainers.TorchImageClassification(TrainingRuns.Options with { MaxEpochs = 8 }));
        using (var first = pipeline.Fit(rows))
            ml.Model.Save(first, rows.Schema, folder.File("first.zip"));
        var loaded = ml.Model.Load(folder.File("first.zip"), out _);
        using var owned = loaded as IDisposable;

        // The network and its size come from the model.
        using var second = TrainingRuns.Fit(options: new TorchImageClassificationTrainer.Options
        {
            InitialModel = loaded,
            Augmentations = [],
            BatchSize = 16,
            MaxEpochs = 1,
            Optimizer = new Sgd { LearningRate = 1e-6 },
            ValidationSetFraction = null,
        });
        Assert.Equal(TestModels.Architecture, second.Model.Architecture);
        Assert.True(Accuracy(second) > 0.9, $"{Accuracy(second)}");
        using var fromNothing = TrainingRuns.Fit(options: _barely);
        Assert.True(Accuracy(fromNothing) < 0.8, $"{Accuracy(fromNothing)}");
        Assert.Contains("ModelWeights { Weights = ", second.Model.Card.Training.Plan, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_weights_gives_the_backbone_and_its_normalisation()
    {
        using var folder = new TemporaryFolder();
        using var before = TrainingRuns.Fit();
        using (var network = before.Model.CreateNetwork())
            NetworkWeights.Save(network, folder.File("weights.safetensors"));
        using var after = TrainingRuns.Fit(options: _barely with { WeightsPath = folder.File("weights.safetensors"), FrozenStages = 4 });
        Assert.Equal(before.Model.Normalization, after.Model.Normalization);
        using var old = before.Model.CreateNetwork();
        using var transferred = after.Model.CreateNetwork();
        Assert.Equal(
            old.Body.state_dict()["features.21.weight"].data<float>().ToArray(),
            transferred.Body.state_dict()["features.21.weight"].data<float>().ToArray());
        Assert.NotEqual(
            old.Body.state_dict()["fc.weight"].data<float>().ToArray(), transferred.Body.state_dict()["fc.weight"].data<float>().ToArray());
    }

    [Fact]
    public void What_cannot_work_is_refused_with_the_reason()
    {
        using var known = Fit(["red", "green"], TrainingRuns.Options with { MaxEpochs = 1 });
        var lost = Assert.Throws<InvalidOperationException>(() => Fit(["green", "blue"], _barely with { InitialModel = known }));
        Assert.StartsWith(
            "The initial model knows the classes [red], which the label column does not have: it has [green, blue].",
            lost.Message,
            StringComparison.Ordinal);

        var frozen = Assert.Throws<ArgumentException>(() => Fit(["red", "green"], _barely with { FrozenStages = 2 }));
        Assert.Equal(
            "FrozenStages is 2, but the network starts from random weights; set WeightsPath, InitialWeights or InitialModel, or FrozenStages to 0.",
            frozen.Message);

        var statistics = Assert.Throws<ArgumentException>(() => Fit(["red", "green"], _barely with { FreezeBatchNormStatistics = true }));
        Assert.StartsWith(
            "FreezeBatchNormStatistics is true, but the network starts from random weights; ", statistics.Message, StringComparison.Ordinal);

        var both = Assert.Throws<ArgumentException>(() =>
            Fit(["red", "green"], _barely with { InitialModel = known, WeightsPath = "weights.pth" }));
        Assert.Equal("A network has one start, but WeightsPath 'weights.pth' and InitialModel are set; set one of them.", both.Message);

        var normalization = Assert.Throws<ArgumentException>(() =>
            Fit(["red", "green"], _barely with { InitialModel = known, Normalization = ChannelStatistics.ImageNet }));
        Assert.StartsWith("Normalization is mean [0.485, 0.456, 0.406]", normalization.Message, StringComparison.Ordinal);

        var network = Assert.Throws<InvalidDataException>(() =>
            Fit(["red", "green"], _barely with { InitialModel = known, Network = TestModels.Architecture with { Width = 5 } }));
        Assert.StartsWith("The initial model does not fit SmallCnn", network.Message, StringComparison.Ordinal);
        Assert.Contains("different: fc.weight: expected Float32 [2,40], found Float32 [2,32]", network.Message, StringComparison.Ordinal);

        Assert.Throws<FileNotFoundException>(() => Fit(["red", "green"], _barely with { WeightsPath = "nowhere.safetensors" }));
        var chain = new MLContext().Transforms.CopyColumns("A", "Image").Fit(TrainingRuns.Rows(new MLContext(), 6));
        Assert.Contains(
            "has 0", Assert.Throws<ArgumentException>(() => _barely with { InitialModel = chain }).Message, StringComparison.Ordinal);
    }

    private static TorchImageClassificationTransformer Fit(string[] names, TorchImageClassificationTrainer.Options options) =>
        TrainingRuns.Fit(options: options, rows: ml =>
    {
        var keys = ml.Data.LoadFromEnumerable(names.Select(name => new { Label = name }));
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(60).Where(row => names.Contains(row.Label)));
        return ml.Transforms.Conversion.MapValueToKey("Label", keyData: keys).Fit(rows).Transform(rows);
    });

    private static double Accuracy(TorchImageClassificationTransformer model)
    {
        var ml = new MLContext(seed: 1);
        return ml.MulticlassClassification.Evaluate(model.Transform(TrainingRuns.Rows(ml))).MicroAccuracy;
    }
}
