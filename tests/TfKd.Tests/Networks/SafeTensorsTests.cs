using System.Text;
using FsCheck.Xunit;
using TorchSharp;
using static TfKd.Tests.SafeTensorsSamples;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class SafeTensorsTests
{
    [Property]
    public bool Tensors_written_and_read_are_the_same(int seed)
    {
        using var scope = NewDisposeScope();
        var tensors = RandomTensors(new Random(seed));
        return AreEqual(tensors, SafeTensors.Read(new MemoryStream(ToBytes(tensors))));
    }

    [Property]
    public bool Bytes_do_not_depend_on_the_order_of_the_tensors(int seed)
    {
        using var scope = NewDisposeScope();
        var tensors = RandomTensors(new Random(seed));
        return ToBytes(tensors).SequenceEqual(ToBytes(tensors.Reverse()));
    }

    [Property]
    public bool Every_tensor_is_aligned_to_its_elements(int seed)
    {
        using var scope = NewDisposeScope();
        var bytes = ToBytes(RandomTensors(new Random(seed)));
        using var stream = new MemoryStream(bytes);
        var header = SafeTensorsHeader.Read(stream, "stream");
        return stream.Position % 8 == 0 && header.Tensors.All(tensor => tensor.Offset % SafeTensorType.SizeOf(tensor.Type) == 0);
    }

    [Fact]
    public void File_has_the_layout_of_the_format()
    {
        using var scope = NewDisposeScope();
        var bytes = ToBytes(
            new Dictionary<string, Tensor> { ["b"] = tensor(7L), ["a"] = tensor(new[] { 1f, -2f }).view(1, 2) },
            new Dictionary<string, string> { ["format"] = "pt" });
        const string Header =
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}""";
        var padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        Assert.Equal(
            [
                .. BitConverter.GetBytes((long)padded.Length),
                .. Encoding.UTF8.GetBytes(padded),
                7,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                128,
                63,
                0,
                0,
                0,
                192,
            ],
            bytes);
    }

    [Fact]
    public void Views_and_parameters_are_written_by_value()
    {
        using var scope = NewDisposeScope();
        var source = arange(6, ScalarType.Float32).view(2, 3);
        var read = SafeTensors.Read(new MemoryStream(ToBytes(
            new Dictionary<string, Tensor> { ["t"] = source.t(), ["p"] = nn.Parameter(source.clone()) })));
        Assert.Equal([0f, 3, 1, 4, 2, 5], read["t"].data<float>().ToArray());
        Assert.Equal([0f, 1, 2, 3, 4, 5], read["p"].data<float>().ToArray());
    }

    [Fact]
    public void Stream_that_cannot_seek_is_read()
    {
        using var scope = NewDisposeScope();
        var tensors = RandomTensors(new Random(5));
        using var pipe = new System.IO.Compression.DeflateStream(
            new MemoryStream(Deflate(ToBytes(tensors))), System.IO.Compression.CompressionMode.Decompress);
        Assert.True(AreEqual(tensors, SafeTensors.Read(pipe)));

        static byte[] Deflate(byte[] bytes)
        {
            using var target = new MemoryStream();
            using (var deflate = new System.IO.Compression.DeflateStream(target, System.IO.Compression.CompressionLevel.Fastest))
                deflate.Write(bytes);
            return target.ToArray();
        }
    }

    [Fact]
    public void Reading_starts_at_the_position_of_the_stream()
    {
        using var scope = NewDisposeScope();
        var tensors = RandomTensors(new Random(6));
        using var stream = new MemoryStream([1, 2, 3, .. ToBytes(tensors)]) { Position = 3 };
        Assert.True(AreEqual(tensors, SafeTensors.Read(stream)));
    }

    [Fact]
    public void Header_of_a_published_file_is_read()
    {
        var header = SafeTensors.ReadHeader(Shared.Require("weights/squeezenet/squeezenet1_0_rgb.safetensors"));
        Assert.Equal(52, header.Tensors.Count);
        var first = Assert.Single(header.Tensors, tensor => tensor.Name == "features.0.weight");
        Assert.Equal([96L, 3, 7, 7], first.Shape);
        Assert.Equal(1_248_424, header.Tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)));
    }

    [Fact]
    public void Read_returns_the_callers_tensors_and_nothing_else_stays()
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            var bytes = ToBytes(new Dictionary<string, Tensor> { ["a"] = ones(3), ["b"] = ones(2) });
            var made = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            SafeTensors.Read(new MemoryStream(bytes));
            Assert.Equal(made + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
            Assert.Throws<InvalidDataException>(() =>
                SafeTensors.Read(new MemoryStream(WithHeader("""{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", 2))));
            Assert.Equal(made + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Writing_refuses_what_the_format_cannot_hold()
    {
        using var scope = NewDisposeScope();
        Assert.StartsWith(
            "Tensor 'c' is ComplexFloat32; the format has F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL.",
            Assert.Throws<ArgumentException>(() =>
                ToBytes(new Dictionary<string, Tensor> { ["c"] = zeros(1, ScalarType.ComplexFloat32) })).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "A tensor cannot be named '__metadata__': the name is taken.",
            Assert.Throws<ArgumentException>(() => ToBytes(new Dictionary<string, Tensor> { ["__metadata__"] = zeros(1) })).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ToBytes([new("a", zeros(1)), new("a", zeros(1))]));
    }

    [Fact]
    public void Failed_writing_leaves_the_old_file_and_no_other()
    {
        using var scope = NewDisposeScope();
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "weights.safetensors");
            SafeTensors.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(2) });
            var old = File.ReadAllBytes(path);
            Assert.Throws<ArgumentException>(() =>
                SafeTensors.Write(path, new Dictionary<string, Tensor> { ["a"] = zeros(1, ScalarType.ComplexFloat32) }));
            Assert.Equal(old, File.ReadAllBytes(path));
            SafeTensors.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(3) });
            Assert.Equal([3L], SafeTensors.ReadHeader(path).Tensors.Single().Shape);
            Assert.Equal([path], Directory.GetFiles(folder.FullName));
            File.WriteAllBytes(path, [1, 2]);
            Assert.Equal(
                $"'{path}': expected a header of at least 8 bytes, found 2 bytes.",
                Assert.Throws<InvalidDataException>(() => SafeTensors.Read(path)).Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
