using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;

namespace TfKd.MLNet.Tests;

/// <summary>Weight files as transformers, without training.</summary>
public sealed class PublishedNetworkTests : IDisposable
{
    private static readonly string[] _names = ["red", "green", "blue"];
    private static readonly ChannelStatistics _statistics = new([0.5, 0.4, 0.3], [0.2, 0.25, 0.3]);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_weight_file_scores_in_ml_net_as_its_network_does_and_is_saved_and_loaded()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(TestRows.Make(6));
        var path = Save(_statistics);
        using var created = TorchImageClassificationTransformer.Create(TestModels.Architecture, path, _names);
        Assert.Equal(_names, created.Model.ClassNames);
        Assert.Equal(_statistics, created.Model.Normalization);
        Assert.Equal("None: the weights are those of 'weights.safetensors'", created.Model.Card.Training.Plan);
        var scores = created.Transform(rows).GetColumn<float[]>("Score").ToList();

        using var network = created.Model.CreateNetwork();
        using var expected = TestModels.Architecture.Build(3);
        NetworkWeights.Load(expected, path);
        expected.Normalization.Set(_statistics);
        expected.eval();
        using (torch.NewDisposeScope())
        {
            var images = torch.randint(0, 256, [4, 3, TestImages.Shape.Height, TestImages.Shape.Width]);
            Assert.True(network.call(images).allclose(expected.call(images)));
        }

        var saved = _folder.File("model.zip");
        ml.Model.Save(created, rows.Schema, saved);
        using var loaded = (TorchImageClassificationTransformer)ml.Model.Load(saved, out _);
        Assert.Equal(scores, loaded.Transform(rows).GetColumn<float[]>("Score"));
        Assert.All(scores, score => Assert.Equal(1, score.Sum(), 1e-5));
    }

    [Fact]
    public void The_normalisation_is_the_files_or_the_callers_and_never_a_guess()
    {
        var path = Save(_statistics);
        var other = new ChannelStatistics([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]);
        using var created = TorchImageClassificationTransformer.Create(TestModels.Architecture, path, _names, other, "Photo");
        Assert.Equal((other, "Photo"), (created.Model.Normalization, created.FeatureColumnName));

        using var network = TestModels.Architecture.Build(3);
        var silent = _folder.File("silent.safetensors");
        SafeTensors.Write(silent, network.Body.state_dict());
        Assert.Equal(
            $"'{silent}' does not say what its weights were trained with; give the normalisation, such as ChannelStatistics.ImageNet for " +
            "most networks of ImageNet. (Parameter 'normalization')",
            Assert.Throws<ArgumentException>(
                () => TorchImageClassificationTransformer.Create(TestModels.Architecture, silent, _names)).Message);
    }

    [Theory]
    [InlineData("classNames must have two names or more, but has 1.", "red")]
    [InlineData("classNames must have each name once, but has 'red' twice.", "red", "green", "red")]
    [InlineData("classNames must be names, but that of class 1 is empty.", "red", "", "blue")]
    public void Class_names_are_checked(string message, params string[] names) => Assert.Equal(
        $"{message} (Parameter 'classNames')",
        Assert.Throws<ArgumentException>(
            () => TorchImageClassificationTransformer.Create(TestModels.Architecture, Save(_statistics), names)).Message);

    [Fact]
    public void Weights_of_another_number_of_classes_are_refused()
    {
        var path = Save(_statistics);
        Assert.Contains(
            "weights.safetensors",
            Assert.Throws<InvalidDataException>(
                () => TorchImageClassificationTransformer.Create(TestModels.Architecture, path, ["a", "b", "c", "d"])).Message,
            StringComparison.Ordinal);
    }

    private string Save(ChannelStatistics statistics)
    {
        using var network = TestModels.Architecture.Build(3);
        network.Normalization.Set(statistics);
        var path = _folder.File("weights.safetensors");
        NetworkWeights.Save(network, path);
        return path;
    }
}
