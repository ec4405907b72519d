using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class NormalizationTextTests
{
    [Fact]
    public void Saved_network_tells_its_normalisation_to_itself_and_to_others()
    {
        using var scope = NewDisposeScope();
        using var network = new SmallCnn().Build(3);
        var statistics = new ChannelStatistics([0.1 + 0.2, 1e-17, -0.25], [1.0 / 3, 1, 123456.789]);
        network.Normalization.Set(statistics);
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        using var file = new WeightsOnDisk(stream.ToArray());
        Assert.Equal(statistics, NetworkWeights.ReadNormalization(file.Path));

        // A reader that shares nothing with the library: only the texts and numbers of the header, by hand.
        var header = HeaderByHand(stream.ToArray());
        Assert.Contains("\"format\":\"pt\"", header, StringComparison.Ordinal);
        Assert.Equal("0.30000000000000004,1E-17,-0.25", TextByHand(header, "normalization.mean"));
        Assert.Equal(
            statistics.Std,
            TextByHand(header, "normalization.std").Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)));
        Assert.Equal(network.Body.state_dict()["fc.bias"].data<float>().ToArray(), FloatsByHand(stream.ToArray(), header, "fc.bias"));
    }

    [Fact]
    public void File_that_does_not_say_gives_null()
    {
        using var scope = NewDisposeScope();
        using var bare = new WeightsOnDisk(new Dictionary<string, Tensor> { ["a"] = ones(1) });
        Assert.Null(NetworkWeights.ReadNormalization(bare.Path));
        using var format = new WeightsOnDisk(
            new Dictionary<string, Tensor> { ["a"] = ones(1) }, new Dictionary<string, string> { ["format"] = "pt" });
        Assert.Null(NetworkWeights.ReadNormalization(format.Path));
    }

    [Theory]
    [InlineData("0.5", null, "found none and '0.5'.")]
    [InlineData(null, "0.5", "found '0.5' and none.")]
    [InlineData("0.5,0.5", "1", "found '1' and '0.5,0.5'.")]
    [InlineData("0,5", "1;1", "found '1;1' and '0,5'.")]
    [InlineData("0.5", "0", "found '0' and '0.5'.")]
    [InlineData("0.5", "-1", "found '-1' and '0.5'.")]
    [InlineData("NaN", "1", "found '1' and 'NaN'.")]
    [InlineData("", "", "found '' and ''.")]
    public void Texts_that_are_no_statistics_are_refused(string? mean, string? std, string found)
    {
        using var scope = NewDisposeScope();
        var metadata = new Dictionary<string, string>();
        if (mean is not null)
            metadata["normalization.mean"] = mean;
        if (std is not null)
            metadata["normalization.std"] = std;
        using var file = new WeightsOnDisk(new Dictionary<string, Tensor> { ["a"] = ones(1) }, metadata);
        Assert.Equal(
            $"'{file.Path}': expected as many numbers in normalization.std, each above 0, as in normalization.mean, with commas between, "
                + $"{found}",
            Assert.Throws<InvalidDataException>(() => NetworkWeights.ReadNormalization(file.Path)).Message);
    }

    private static string HeaderByHand(byte[] file) => Encoding.UTF8.GetString(file, 8, (int)BinaryPrimitives.ReadUInt64LittleEndian(file));

    private static string TextByHand(string header, string name)
    {
        var start = header.IndexOf($"\"{name}\":\"", StringComparison.Ordinal) + name.Length + 4;
        return header[start..header.IndexOf('"', start)];
    }

    private static float[] FloatsByHand(byte[] file, string header, string name)
    {
        var entry = header[header.IndexOf($"\"{name}\"", StringComparison.Ordinal)..];
        var offsets = entry[(entry.IndexOf("data_offsets\":[", StringComparison.Ordinal) + 15)..].Split(']')[0]
            .Split(',')
            .Select(int.Parse)
            .ToArray();
        var values = file.AsSpan(8 + Encoding.UTF8.GetByteCount(header))[offsets[0]..offsets[1]];
        var numbers = new float[values.Length / 4];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(values[(4 * i)..]);
        return numbers;
    }
}
