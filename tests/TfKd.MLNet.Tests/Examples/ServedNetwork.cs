namespace TfKd.MLNet.Tests;

/// <summary>Small networks with random weights, whose answers have no meaning and depend on each pixel, as files.</summary>
internal static class ServedNetwork
{
    public static readonly string[] Names = ["first", "second", "third"];

    /// <summary>Writes one.</summary>
    /// <param name="path">The .onnx file.</param>
    /// <param name="shape">What it takes.</param>
    /// <param name="spoilt">Whether its answers are no numbers.</param>
    /// <param name="form">In which form; null: that of the defaults.</param>
    /// <returns>The same as a transformer; the caller disposes it.</returns>
    public static TorchImageClassificationTransformer Save(string path, ImageShape shape, bool spoilt = false, OnnxForm? form = null)
    {
        TorchSharp.torch.random.manual_seed(1);
        var architecture = new SmallCnn { Width = 8, InputShape = shape };
        using var network = architecture.Build(Names.Length);
        network.Normalization.Set(
            new ChannelStatistics([.. Enumerable.Repeat(0.45, shape.Channels)], [.. Enumerable.Repeat(0.05, shape.Channels)]));
        if (spoilt)
        {
            using var _ = TorchSharp.torch.no_grad();
            foreach (var parameter in network.Body.parameters())
                parameter.fill_(double.NaN);
        }

        var transformer = new TorchImageClassificationTransformer(
            NetworkExport.ToModel(network, ClassKeys.FromCard(TestModels.TextClasses(Names)), TestModels.Training, form),
            TestModels.Columns);
        transformer.SaveOnnx(path);
        return transformer;
    }
}
