using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// How Microsoft's packages of image featurisers (Microsoft.ML.DnnImageFeaturizer.*) prepare pixels: an ONNX file in a folder beside that
/// of the network turns red, green, blue into blue, green, red and takes away a mean image.
/// </summary>
internal static class FeaturizerPreprocessing
{
    private const string Folder = "ResNetPrepOnnx";
    private const string FileName = "ResNetPreprocess.onnx";
    private const int MaxPixel = 255;

    /// <summary>
    /// The preprocessing of a network's file, as a normalisation of red, green, blue: the means of the mean image's channels, and 1/255, so
    /// that differences keep their size. Null where there is no such file beside.
    /// </summary>
    /// <param name="path">The network's file.</param>
    /// <exception cref="InvalidDataException">There is one of another content.</exception>
    public static ChannelStatistics? Find(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetDirectoryName(Path.GetFullPath(path)));
        return folder is not null && Path.Combine(folder, Folder, FileName) is var file && File.Exists(file) ? Read(file) : null;
    }

    private static ChannelStatistics Read(string file)
    {
        var model = OnnxModel.Read(File.ReadAllBytes(file));
        var operations = model.Nodes.Select(node => node.Operation).ToList();
        if (!operations.SequenceEqual(["Split", "Concat", "Sub"])
            || !model.Nodes[0].Outputs.Reverse().SequenceEqual(model.Nodes[1].Inputs)
            || model.Constants.Values.SingleOrDefault() is not { DataType: 1, Shape: [1, 3, ..] } mean
            || mean.Count * sizeof(float) != mean.Data.Length || mean.Data.IsEmpty)
        {
            throw new InvalidDataException(
                $"'{file}': expected Split, Concat in the opposite order and Sub of a mean image [1,3,H,W], found " +
                $"{string.Join(", ", operations)}.");
        }

        var values = MemoryMarshal.Cast<byte, float>(mean.Data.Span);
        var means = new double[3];
        for (var channel = 0; channel < means.Length; channel++)
        {
            var sum = 0.0;
            foreach (var value in values.Slice(channel * values.Length / means.Length, values.Length / means.Length))
                sum += value;
            // Blue comes first in the file.
            means[^(channel + 1)] = sum / (values.Length / means.Length) / MaxPixel;
        }

        return new ChannelStatistics(means, [.. means.Select(_ => 1.0 / MaxPixel)]);
    }
}
