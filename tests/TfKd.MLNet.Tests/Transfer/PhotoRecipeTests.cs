using Microsoft.ML;
using Microsoft.ML.Runtime;
using SkiaSharp;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

public sealed class PhotoRecipeTests
{
    [Fact]
    public void Frozen_recipe_fits_only_the_head()
    {
        var options = PhotoRecipe.Frozen();
        Assert.Equal(new ResNet { Depth = 20, NormalizedFeatures = true, PooledStages = 3 }, options.Network);
        Assert.Equal(4, options.FrozenStages);
        Assert.Equal(1, options.MaxEpochs);
        Assert.Equal(new LinearProbe(), options.LinearProbe);
        Assert.Empty(options.Augmentations);
    }

    [Theory]
    [InlineData(20, 13)]
    [InlineData(160, 9)]
    [InlineData(5000, 4)]
    public void Fine_tuning_takes_fewer_epochs_of_more_photos(int photos, int epochs)
    {
        var options = PhotoRecipe.FineTuned(photos);
        Assert.Equal(epochs, options.MaxEpochs);
        Assert.Equal(new ResNet { Depth = 20 }, options.Network);
        Assert.Equal(3, options.FrozenStages);
        Assert.True(options.FreezeBatchNormStatistics);
        Assert.NotNull(options.LinearProbe);
        Assert.Throws<ArgumentOutOfRangeException>(() => PhotoRecipe.FineTuned(0));
    }

    [Fact]
    public void Weights_that_do_not_say_their_network_are_refused() => Assert.Equal(
        "NamelessWeights does not say of which network it is; set the options by hand. (Parameter 'weights')",
        Assert.Throws<ArgumentException>(() => PhotoRecipe.Frozen(new NamelessWeights())).Message);

    [Fact]
    public void Recipes_train_models_that_predict()
    {
        var log = new List<string>();
        var ml = Context(log);
        var rows = TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(TestRows.Make(30)));
        foreach (var recipe in new[] { PhotoRecipe.Frozen(), PhotoRecipe.FineTuned(30) with { MaxEpochs = 2 } })
        {
            var options = recipe with { ImageWidth = 64, ImageHeight = 64 };
            using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
            Assert.InRange(ml.MulticlassClassification.Evaluate(model.Transform(rows)).MicroAccuracy, 0.9, 1);
            Assert.Contains("Initial weights: FeaturizerWeights { Depth = 18 }", model.Model.Card.Training.Plan, StringComparison.Ordinal);
        }

        Assert.Contains(log, message => message.Contains("The head was fitted to the features of 30 rows", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(80, 64)]
    [InlineData(40, 32)]
    public void Without_options_the_size_is_chosen_by_the_images(int side, int trained)
    {
        var log = new List<string>();
        var ml = Context(log);
        var photos = Enumerable.Range(0, 12).Select(i => new
        {
            Label = TestRows.Names[i % 3],
            Image = Images.Encode(side + 20, side, (x, y) => new SKColor((byte)(i % 3 * 100), (byte)x, (byte)y)),
        });
        var rows = TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(photos));
        var options = new TorchImageClassificationTrainer.Options { MaxEpochs = 1 };
        using var model = ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(rows);
        Assert.Equal(new ImageShape(3, trained, trained), model.Model.InputShape);
        var count = trained == 64 ? 1 : 0;
        Assert.Equal(count, log.Count(message => message.Contains("Images are trained at 64x64 pixels", StringComparison.Ordinal)));
        Assert.Equal(count, log.Count(message => message.Contains(
            "reference the package Microsoft.ML.DnnImageFeaturizer.ResNet18 and use PhotoRecipe.Frozen().", StringComparison.Ordinal)));
        var named = options with { Network = new SmallCnn() };
        using var sized = ml.MulticlassClassification.Trainers.TorchImageClassification(named).Fit(rows);
        Assert.Equal(new ImageShape(3, 32, 32), sized.Model.InputShape);
    }

    [Fact]
    public void A_student_of_weights_with_other_blocks_is_refused()
    {
        var message = Assert.Throws<ArgumentException>(() => PhotoRecipe.SmallStudent(40, weights: Pretrained.ResNet50)).Message;
        Assert.StartsWith("The student is made of the first stages of a ResNet of 18 or 34 layers, and ResNet { ", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PhotoRecipe.TaughtStudent(40, weights: Pretrained.ResNet101));
    }

    private static MLContext Context(List<string> log)
    {
        var ml = new MLContext(seed: 1);
        ml.Log += (_, message) =>
        {
            if (message.Kind == ChannelMessageKind.Info)
                log.Add(message.Message);
        };
        return ml;
    }

    private sealed record NamelessWeights : InitialWeights
    {
        public override string Fingerprint => "none";

        public override void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames)
        {
        }

        public override string ToString() => nameof(NamelessWeights);
    }
}
