using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>What no chain of stock transformers can be made of.</summary>
public sealed class PortableRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml;

    public PortableRefusalTests() =>
        _ml = new MLContext(seed: 1) { TempFilePath = Directory.CreateDirectory(_folder.File("temp")).FullName };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_cannot_be_exported_is_refused()
    {
        using var own = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        Assert.Throws<ArgumentNullException>(() => own.ToPortable(null!));
        Assert.StartsWith(
            "images must be Path or MLImage, but is 7.",
            Assert.Throws<ArgumentOutOfRangeException>(() => own.ToPortable(_ml, (PortableImageColumn)7)).Message,
            StringComparison.Ordinal);
        Refused("TfKd.Portable.Pixels", new("Image", "TfKd.Portable.Pixels", "PredictedLabel"));
        Refused("Score", new("Score", "Probabilities", "PredictedLabel"));
        Refused("Score", new("Image", "Probabilities", "Score"));
        var architecture = TestModels.Architecture with { InputShape = new ImageShape(4, 8, 8) };
        using var channels = new TorchImageClassificationTransformer(
            TestModels.WithNetwork(architecture: architecture), TestModels.Columns);
        Assert.Equal(
            "The network takes images of 4 channels (4x8x8); ML.NET's own transformers give 1 (grey) or 3 (RGB).",
            Assert.Throws<NotSupportedException>(() => channels.ToPortable(_ml)).Message);
        Assert.Empty(Directory.GetFiles(_ml.TempFilePath));

        void Refused(string column, TransformerColumns columns)
        {
            using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), columns);
            Assert.Equal(
                $"Column '{column}' cannot be exported: the columns between the steps are 'Score', where the score column is " +
                "another, and names that begin with 'TfKd.Portable.'.",
                Assert.Throws<NotSupportedException>(() => transformer.ToPortable(_ml)).Message);
        }
    }
}
