using System.Buffers.Binary;

namespace TfKd.MLNet.Tests;

public sealed class WeightPartsTests
{
    [Fact]
    public void Weights_of_a_network_are_held_by_its_onnx_model_and_come_out_the_same()
    {
        using var network = TestModels.Architecture.Build(3);
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        var weights = stream.ToArray();
        var onnx = NetworkExport.ToOnnx(network, ClassKeys.FromCard(TestModels.TextClasses("red", "green", "blue")), training: null);
        var parts = WeightParts.Of(weights, onnx);
        Assert.Equal(weights, parts.ToArray());
        Assert.Equal(weights.Length, parts.Length);
        var written = Written(parts);
        // The header, and what is smaller than its place: what the ONNX model has is not written again.
        var header = 8 + BinaryPrimitives.ReadInt64LittleEndian(weights);
        Assert.InRange(written.Length, header, header + (weights.Length - header) / 10 + 500);
        Assert.Equal(weights, WeightParts.Read(written, onnx).ToArray());
        Assert.Equal(written, Written(WeightParts.Read(written, onnx)));
    }

    [Fact]
    public void Any_range_is_read_as_of_the_whole()
    {
        var onnx = OnnxOf(out var weights);
        using var stream = WeightParts.Of(weights, onnx).Open();
        Assert.Equal(weights.Length, stream.Length);
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var start = random.Next(weights.Length + 1);
            var count = random.Next(weights.Length - start + 1);
            stream.Position = start;
            var read = new byte[count];
            stream.ReadExactly(read);
            Assert.Equal(weights[start..(start + count)], read);
            Assert.Equal(start + count, stream.Position);
        }

        stream.Position = weights.Length;
        Assert.Equal(0, stream.Read(new byte[4]));
    }

    [Fact]
    public void What_is_no_onnx_model_shares_nothing()
    {
        var weights = TestModels.SafeTensors(("fc.weight", [30, 40]));
        var written = Written(WeightParts.Of(weights, [1, 2, 3]));
        Assert.Equal(16 + weights.Length, written.Length);
        Assert.Equal(weights, WeightParts.Read(written, [1, 2, 3]).ToArray());
    }

    [Theory]
    [InlineData(90, 20, "expected a part within 100 bytes, found 20 bytes from 90")]
    [InlineData(101, 1, "expected a part within 100 bytes, found 1 bytes from 101")]
    [InlineData(-2, 5, "expected a part within 100 bytes, found 5 bytes from -2")]
    [InlineData(0, 0, "expected a part within 100 bytes, found 0 bytes from 0")]
    [InlineData(3, long.MaxValue, "expected a part within 100 bytes, found 9223372036854775807 bytes from 3")]
    [InlineData(-1, 5, "expected a part within 16 bytes, found 5 bytes from 16")]
    public void A_place_outside_the_onnx_model_is_refused(long start, long length, string message) =>
        Assert.Equal(
            $"The weights of the model: {message}; the model file was damaged or changed.",
            Assert.Throws<InvalidDataException>(() => WeightParts.Read(Record(start, length), new byte[100])).Message);

    [Fact]
    public void A_file_cannot_ask_for_more_memory_than_it_has_bytes()
    {
        var content = Enumerable.Repeat(Record(0, 60), 2).SelectMany(record => record).ToArray();
        Assert.Contains(
            "expected 100 bytes at most of the ONNX model, found more",
            Assert.Throws<InvalidDataException>(() => WeightParts.Read(content, new byte[100])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "expected 16 bytes for a part, found 7",
            Assert.Throws<InvalidDataException>(() => WeightParts.Read([.. Record(0, 60), .. new byte[7]], new byte[100])).Message,
            StringComparison.Ordinal);
    }

    private static byte[] OnnxOf(out byte[] weights)
    {
        var model = TestModels.WithNetwork();
        weights = model.Weights.ToArray();
        return model.Onnx.ToArray();
    }

    private static byte[] Record(long start, long length) => [.. BitConverter.GetBytes(start), .. BitConverter.GetBytes(length)];

    private static byte[] Written(WeightParts parts)
    {
        using var stream = new MemoryStream();
        parts.Write(stream);
        return stream.ToArray();
    }
}
