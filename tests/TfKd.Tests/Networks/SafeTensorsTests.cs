using System.Buffers.Binary;
using System.Text;
using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class SafeTensorsTests
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

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
        var bytes = ToBytes(new Dictionary<string, Tensor> { ["b"] = tensor(7L), ["a"] = tensor(new[] { 1f, -2f }).view(1, 2) }, new Dictionary<string, string> { ["format"] = "pt" });
        const string Header = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}""";
        var padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        Assert.Equal([.. BitConverter.GetBytes((long)padded.Length), .. Encoding.UTF8.GetBytes(padded), 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 192], bytes);
    }

    [Fact]
    public void Views_and_parameters_are_written_by_value()
    {
        using var scope = NewDisposeScope();
        var source = arange(6, ScalarType.Float32).view(2, 3);
        var read = SafeTensors.Read(new MemoryStream(ToBytes(new Dictionary<string, Tensor> { ["t"] = source.t(), ["p"] = nn.Parameter(source.clone()) })));
        Assert.Equal([0f, 3, 1, 4, 2, 5], read["t"].data<float>().ToArray());
        Assert.Equal([0f, 1, 2, 3, 4, 5], read["p"].data<float>().ToArray());
    }

    [Fact]
    public void Stream_that_cannot_seek_is_read()
    {
        using var scope = NewDisposeScope();
        var tensors = RandomTensors(new Random(5));
        using var pipe = new System.IO.Compression.DeflateStream(new MemoryStream(Deflate(ToBytes(tensors))), System.IO.Compression.CompressionMode.Decompress);
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
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(File("""{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", 2))));
            Assert.Equal(made + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData("", "", "expected a header of at least 8 bytes, found 0 bytes.")]
    [InlineData("[]", "", "expected a JSON object as header, found Array.")]
    [InlineData("""{"a":1}""", "", "expected tensor 'a': an object, found Number.")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a dtype of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, found none.")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", "1", "expected tensor 'a': a dtype of F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, found 'F8_E4M3'.")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a shape of at most 64 whole numbers from 0, found none.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a shape of at most 64 whole numbers from 0, found [-1].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a shape of at most 64 whole numbers from 0, found [1.5].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", "", "expected tensor 'a': a shape whose size can be counted, found [4611686018427387904,4].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", "", "expected tensor 'a': a shape whose size can be counted, found [0,4611686018427387904,4].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "1234", "expected tensor 'a': data_offsets of two ascending whole numbers from 0, found [4,0].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': 8 bytes for F32 [2], found 4 in data_offsets.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}""", "1234", "expected tensor 'a': values up to 4000000000000, found 4 bytes of values in all.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "1234", "expected tensor 'b': values at 3, right behind the tensor before, found 2.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "1234", "expected tensor 'b': values at 1, right behind the tensor before, found 2.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "1234", "expected 3 bytes of values, found 4.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", "12", "expected each name once, found 'a' twice.")]
    [InlineData("""{"__metadata__":{"k":1}}""", "", """expected texts in __metadata__, found {"k":1}.""")]
    [InlineData("""{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", "2", "expected tensor 'a': bytes 0 and 1 as BOOL, found others.")]
    public void Invalid_file_is_refused_with_what_was_expected_and_found(string header, string values, string message)
    {
        var bytes = header.Length == 0 ? [] : File(header, Encoding.ASCII.GetBytes(values));
        Assert.Equal($"stream: {message}", Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(bytes))).Message);
    }

    [Fact]
    public void Invalid_text_in_the_header_is_refused()
    {
        foreach (byte[] header in new byte[][] { [.. "{\"a"u8], [.. "{\""u8, 0xFF, 0xFE, .. "\":1}"u8], [.. "{\"\\ud800\":1}"u8] })
        {
            var error = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream([.. BitConverter.GetBytes((long)header.Length), .. header])));
            Assert.StartsWith("stream: the header is no valid JSON: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(3L)]
    [InlineData(99_000_000L)]
    [InlineData(long.MaxValue)]
    [InlineData(-1L)]
    public void Length_that_lies_allocates_nothing(long length)
    {
        byte[] bytes = [.. BitConverter.GetBytes(length), .. "{}"u8];
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(bytes)));
        // What the exception itself takes is a few megabytes the first time.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        Assert.Equal($"stream: expected a header of at most 2 bytes, found a length of {(ulong)length}.", error.Message);
    }

    [Fact]
    public void Mutated_file_is_refused_or_read_as_it_stands()
    {
        using var scope = NewDisposeScope();
        var random = new Random(20240607);
        var (refused, read) = (0, 0);
        for (var i = 0; i < 600; i++)
        {
            using var inner = NewDisposeScope();
            var bytes = Mutate(random, ToBytes(RandomTensors(random)));
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var tensors = SafeTensors.Read(new MemoryStream(bytes));
                // Every byte behind the header belongs to one tensor, in the order that the header gives.
                using var stream = new MemoryStream(bytes);
                var header = SafeTensorsHeader.Read(stream, "stream");
                var values = header.Tensors.SelectMany(info => tensors[info.Name].bytes.ToArray());
                Assert.Equal(bytes[(int)stream.Position..], values);
                Assert.All(header.Tensors, info => Assert.Equal(info.Shape, tensors[info.Name].shape));
                read++;
            }
            catch (InvalidDataException error)
            {
                Assert.StartsWith("stream: ", error.Message, StringComparison.Ordinal);
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
        }
        // Neither side of the property may be empty.
        Assert.InRange(refused, 100, 590);
        Assert.InRange(read, 10, 500);
    }

    [Fact]
    public void Writing_refuses_what_the_format_cannot_hold()
    {
        using var scope = NewDisposeScope();
        Assert.StartsWith(
            "Tensor 'c' is ComplexFloat32; the format has F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL.",
            Assert.Throws<ArgumentException>(() => ToBytes(new Dictionary<string, Tensor> { ["c"] = zeros(1, ScalarType.ComplexFloat32) })).Message,
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
            var old = System.IO.File.ReadAllBytes(path);
            Assert.Throws<ArgumentException>(() => SafeTensors.Write(path, new Dictionary<string, Tensor> { ["a"] = zeros(1, ScalarType.ComplexFloat32) }));
            Assert.Equal(old, System.IO.File.ReadAllBytes(path));
            SafeTensors.Write(path, new Dictionary<string, Tensor> { ["a"] = ones(3) });
            Assert.Equal([3L], SafeTensors.ReadHeader(path).Tensors.Single().Shape);
            Assert.Equal([path], Directory.GetFiles(folder.FullName));
            System.IO.File.WriteAllBytes(path, [1, 2]);
            Assert.Equal($"'{path}': expected a header of at least 8 bytes, found 2 bytes.", Assert.Throws<InvalidDataException>(() => SafeTensors.Read(path)).Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static byte[] ToBytes(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    private static byte[] File(string header, params byte[] values) => [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. values];

    private static Dictionary<string, Tensor> RandomTensors(Random random)
    {
        var tensors = new Dictionary<string, Tensor>();
        for (var i = random.Next(5); i >= 0; i--)
        {
            long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(4))];
            var type = Types[random.Next(Types.Length)];
            var values = empty(shape, type);
            random.NextBytes(values.bytes);
            if (type == ScalarType.Bool)
                foreach (ref var value in values.bytes)
                    value &= 1;
            tensors[$"{(char)random.Next('A', 'z')}.ä\"{random.Next(3)}"] = values;
        }
        return tensors;
    }

    private static bool AreEqual(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual) =>
        expected.Keys.Order(StringComparer.Ordinal).SequenceEqual(actual.Keys.Order(StringComparer.Ordinal))
        && expected.All(entry => entry.Value.dtype == actual[entry.Key].dtype
            && entry.Value.shape.SequenceEqual(actual[entry.Key].shape)
            && entry.Value.bytes.SequenceEqual(actual[entry.Key].bytes));

    /// <summary>Changes bytes, mostly of the header; cuts, lengthens, or rewrites a number in the text.</summary>
    private static byte[] Mutate(Random random, byte[] bytes)
    {
        var headerEnd = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        switch (random.Next(6))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                return [.. bytes, .. new byte[random.Next(1, 9)]];
            case 2:
                bytes[random.Next(8)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 3:
                var digits = Enumerable.Range(8, headerEnd - 8).Where(i => char.IsAsciiDigit((char)bytes[i])).ToArray();
                bytes[digits[random.Next(digits.Length)]] = (byte)('0' + random.Next(10));
                return bytes;
            case 4:
                bytes[random.Next(8, headerEnd)] = (byte)random.Next(256);
                return bytes;
            default:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }
}
