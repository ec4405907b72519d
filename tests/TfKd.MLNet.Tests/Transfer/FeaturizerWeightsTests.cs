using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>The weights that Microsoft's package of the image featuriser brings, against that featuriser.</summary>
public sealed class FeaturizerWeightsTests
{
    private const int Side = 224;

    [Fact]
    public void Features_equal_those_of_the_featurizer()
    {
        var photos = Enumerable.Range(0, 3).Select(Pixels).ToArray();
        var expected = Featurized(photos);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var network = Pretrained.ResNet18.GetArchitecture().Build(2);
        Pretrained.ResNet18.ApplyTo(network, ["one", "two"]);
        network.eval();
        network.EnsurePathFor(network.Architecture.InputShape, photos.Length);
        // The featuriser takes away a mean image; the network's normalisation, the means of its channels.
        var images = stack(photos.Select(photo => tensor(photo).view(3, Side, Side))) - MeanImage();
        using var kernels = network.Path.Enter();
        var features = ((IFeatureBody)network.Body).Extract(network.Path.Arrange(images));
        Assert.Equal([photos.Length, 512], features.shape);
        var values = features.contiguous().data<float>().ToArray();
        Assert.All(expected.SelectMany(row => row).Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Normalization_has_the_means_of_the_mean_image()
    {
        var normalization = Pretrained.ResNet18.Normalization!;
        double[] expected = [123.1516, 115.9029, 103.0626];
        Assert.All(expected.Zip(normalization.Mean), pair => Assert.Equal(pair.First / 255, pair.Second, 1e-6));
        Assert.All(normalization.Std, deviation => Assert.Equal(1.0 / 255, deviation));
        Assert.Equal("FeaturizerWeights { Depth = 18 }", Pretrained.ResNet18.ToString());
    }

    [Fact]
    public void Without_the_package_the_error_says_what_to_reference()
    {
        using var network = new ResNet { Depth = 50, InputShape = new ImageShape(3, 64, 64) }.Build(2);
        var weights = Pretrained.ResNet50;
        Assert.False(weights.IsAvailable);
        Assert.Equal(
            $"The weights of ResNet-50 are not at '{weights.Path}'. The package Microsoft.ML.DnnImageFeaturizer.ResNet50 puts them " +
            "there; add to the project file: <PackageReference Include=\"Microsoft.ML.DnnImageFeaturizer.ResNet50\" Version=\"0.23.1\" />",
            Assert.Throws<FileNotFoundException>(() => weights.ApplyTo(network, ["one", "two"])).Message);
        Assert.Throws<FileNotFoundException>(() => weights.Fingerprint);
        Assert.Throws<FileNotFoundException>(() => weights.Normalization);
    }

    [Fact]
    public void Another_network_is_refused_by_name()
    {
        using var network = new ResNet { Depth = 18, InputShape = new ImageShape(3, 64, 64) }.Build(2);
        Assert.Equal(
            $"FeaturizerWeights {{ Depth = 18 }} are the weights of {new ResNet { Depth = 20 }}, of any input shape, but the network is " +
            $"{network.Architecture}; leave Network at its default, or give the weights to the recipe that sets it.",
            Assert.Throws<InvalidOperationException>(() => Pretrained.ResNet18.ApplyTo(network, ["one", "two"])).Message);
    }

    private static float[] Pixels(int seed)
    {
        var random = new Random(seed);
        // Smooth, as photos are, and different in each channel.
        var (across, down) = (random.NextDouble() * 0.1, random.NextDouble() * 0.1);
        return
        [
            .. Enumerable.Range(0, 3 * Side * Side).Select(i => (i / (Side * Side), i / Side % Side, i % Side)).Select(place =>
                (float)Math.Round(127.5 + 127.5 * Math.Sin(across * place.Item3 + down * place.Item2 * (1 + place.Item1) + seed))),
        ];
    }

    private static List<float[]> Featurized(float[][] photos)
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(photos.Select(pixels => new Photo { Pixels = pixels }));
        var featurizer = ml.Transforms.DnnFeaturizeImage(
            "Features", input => input.ModelSelector.ResNet18(ml, input.OutputColumn, input.InputColumn), nameof(Photo.Pixels));
        var features = featurizer.Fit(data).Transform(data);
        return [.. ml.Data.CreateEnumerable<Featurised>(features, reuseRowObject: false).Select(row => row.Features)];
    }

    private static Tensor MeanImage()
    {
        var folder = Path.GetDirectoryName(Path.GetDirectoryName(Pretrained.ResNet18.Path))!;
        var model = OnnxModel.Read(File.ReadAllBytes(Path.Combine(folder, "ResNetPrepOnnx", "ResNetPreprocess.onnx")));
        using var blueFirst = Assert.Single(model.Constants).Value.ToTensor();
        return blueFirst.flip(1);
    }

    private sealed class Photo
    {
        [VectorType(3 * Side * Side)]
        public float[] Pixels { get; init; } = [];
    }

    private sealed class Featurised
    {
        public float[] Features { get; set; } = [];
    }
}
