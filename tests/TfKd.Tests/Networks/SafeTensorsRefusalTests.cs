using System.Buffers.Binary;
using System.Text;
using TorchSharp;
using static TfKd.Tests.SafeTensorsSamples;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class SafeTensorsRefusalTests
{
    [Theory]
    [InlineData("", "", "expected a header of at least 8 bytes, found 0 bytes.")]
    [InlineData("[]", "", "expected a JSON object as header, found Array.")]
    [InlineData("""{"a":1}""", "", "expected tensor 'a': an object, found Number.")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a dtype of F64, F32, F16, BF16, I64, I32, "
        + "I16, I8, U8, BOOL, found none.")]
    [InlineData("""{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}""", "1", "expected tensor 'a': a dtype of F64, F32, F16, "
        + "BF16, I64, I32, I16, I8, U8, BOOL, found 'F8_E4M3'.")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a shape of at most 64 whole numbers from "
        + "0, found none.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a shape of at most 64 whole "
        + "numbers from 0, found [-1].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a shape of at most 64 whole "
        + "numbers from 0, found [1.5].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", "", "expected tensor 'a': a shape whose "
        + "size can be counted, found [4611686018427387904,4].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,4611686018427387904,4],"data_offsets":[0,0]}}""", "", "expected tensor 'a': a shape "
        + "whose size can be counted, found [0,4611686018427387904,4].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "1234", "expected tensor 'a': data_offsets of two ascending "
        + "whole numbers from 0, found [4,0].")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': 8 bytes for F32 [2], found 4 "
        + "in data_offsets.")]
    [InlineData("""{"a":{"dtype":"F32","shape":5,"data_offsets":[0,4]}}""", "1234", "expected tensor 'a': a shape of at most 64 whole "
        + "numbers from 0, found 5.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":7}}""", "1234", "expected tensor 'a': data_offsets of two ascending "
        + "whole numbers from 0, found 7.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,8]}}""", "12345678", "expected tensor 'a': 8 bytes for F32 [2], found "
        + "4 in data_offsets.")]
    // The product is the largest number that there is.
    [InlineData("""{"a":{"dtype":"U8","shape":[7,7,73,127,337,92737,649657],"data_offsets":[0,1]}}""", "1", "expected tensor 'a': "
        + "9223372036854775807 bytes for U8 [7,7,73,127,337,92737,649657], found 1 in data_offsets.")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}""", "1234", "expected tensor 'a': "
        + "values up to 4000000000000, found 4 bytes of values in all.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "1234", "expected tensor 'b': values at 3, right behind the tensor before, found 2.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}""", "1234", "expected tensor 'b': values at 1, right behind the tensor before, found 2.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}""", "1234", "expected 3 bytes of values, found 4.")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", "12", "expected each name once, found 'a' twice.")]
    [InlineData("""{"__metadata__":{"k":1}}""", "", """expected texts in __metadata__, found {"k":1}.""")]
    [InlineData("""{"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}""", "2", "expected tensor 'a': bytes 0 and 1 as BOOL, found "
        + "others.")]
    public void Invalid_file_is_refused_with_what_was_expected_and_found(string header, string values, string message)
    {
        var bytes = header.Length == 0 ? [] : WithHeader(header, Encoding.ASCII.GetBytes(values));
        Assert.Equal($"stream: {message}", Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(bytes))).Message);
    }

    [Fact]
    public void Eight_bytes_are_a_header_of_no_text()
    {
        Assert.StartsWith(
            "stream: the header is no valid JSON: ",
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(new byte[8]))).Message,
            StringComparison.Ordinal);
        Assert.Equal(
            "stream: expected a header of at least 8 bytes, found 7 bytes.",
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(new byte[7]))).Message);
    }

    [Theory]
    [InlineData(96, "")]
    [InlineData(97, "...")]
    public void A_text_of_a_hundred_characters_is_told_whole(int digits, string rest)
    {
        // With brackets and quotes four more.
        var shape = $"[\"{new string('1', digits)}\"]";
        var bytes = WithHeader($"{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[0,4]}}}}", new byte[4]);
        Assert.EndsWith(
            $"found {(rest.Length == 0 ? shape : shape[..100] + rest)}.",
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(bytes))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_hundred_thousand_tensors_are_read_and_no_more()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(100_000, SafeTensorsHeader.Read(new MemoryStream(Empty(100_000)), "stream").Tensors.Count);
        Assert.Equal(
            "stream: expected 100,000 tensors at most, found more.",
            Assert.Throws<InvalidDataException>(() => SafeTensorsHeader.Read(new MemoryStream(Empty(100_001)), "stream")).Message);

        static byte[] Empty(int count) => WithHeader($"{{{string.Join(',', Enumerable.Range(0, count).Select(
            number => $"\"{number}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"))}}}");
    }

    [Fact]
    public void Sixty_four_dimensions_are_read_and_no_more()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(64, SafeTensors.Read(new MemoryStream(OfRank(64)))["a"].dim());
        Assert.Contains(
            "a shape of at most 64 whole numbers from 0",
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(OfRank(65)))).Message,
            StringComparison.Ordinal);

        static byte[] OfRank(int rank) => WithHeader(
            $"{{\"a\":{{\"dtype\":\"U8\",\"shape\":[{string.Join(',', Enumerable.Repeat(1, rank))}],\"data_offsets\":[0,1]}}}}", [7]);
    }

    [Fact]
    public void Tensors_of_one_place_are_in_the_order_of_their_sizes_and_names()
    {
        const string Entry = "\":{\"dtype\":\"U8\",\"shape\":";
        var bytes = WithHeader(
            $"{{\"b{Entry}[0],\"data_offsets\":[0,0]}},\"c{Entry}[1],\"data_offsets\":[0,1]}},\"a{Entry}[0],\"data_offsets\":[0,0]}}}}", [7]);
        Assert.Equal(
            ["a", "b", "c"], SafeTensorsHeader.Read(new MemoryStream(bytes), "stream").Tensors.Select(tensor => tensor.Name));
    }

    [Fact]
    public void What_is_null_is_named()
    {
        Assert.Equal("stream", Assert.Throws<ArgumentNullException>(() => SafeTensors.Read((Stream)null!)).ParamName);
        Assert.Equal("stream", Assert.Throws<ArgumentNullException>(() => SafeTensors.Write((Stream)null!, [])).ParamName);
        Assert.Equal("tensors", Assert.Throws<ArgumentNullException>(() => SafeTensors.Write(Stream.Null, null!)).ParamName);
        Assert.Equal("stream", Assert.Throws<ArgumentNullException>(() => WeightFile.Read((Stream)null!)).ParamName);
        using var network = new SmallCnn { Width = 1, InputShape = new ImageShape(3, 8, 8) }.Build(2);
        Assert.Equal("network", Assert.Throws<ArgumentNullException>(() => NetworkWeights.Save(null!, Stream.Null)).ParamName);
        Assert.Equal("network", Assert.Throws<ArgumentNullException>(() => NetworkWeights.Save(null!, "file")).ParamName);
        Assert.Equal("stream", Assert.Throws<ArgumentNullException>(() => NetworkWeights.Load(network, (Stream)null!)).ParamName);
    }

    [Fact]
    public void Texts_are_written_in_the_order_of_their_names()
    {
        var texts = new Dictionary<string, string> { ["b"] = "1", ["a"] = "2", ["c"] = "3" };
        var written = Encoding.UTF8.GetString(ToBytes([], texts));
        Assert.Contains("\"a\":\"2\",\"b\":\"1\",\"c\":\"3\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_under_a_name_are_read_alone_and_the_others_are_freed()
    {
        using var scope = NewDisposeScope();
        var bytes = ToBytes(new Dictionary<string, Tensor> { ["student.a"] = ones(2), ["teacher.a"] = ones(3), ["b"] = ones(4) });
        var before = scope.DisposablesCount;
        var read = WeightFile.Read(new MemoryStream(bytes), "stream", "student");
        Assert.Equal(["a"], read.Keys);
        Assert.Equal(before + 1, scope.DisposablesCount);
        Assert.Equal([2], read["a"].shape);
        Assert.Equal(
            "stream: expected a dictionary of tensors at 'ema', found a .safetensors file without keys that begin so.",
            Assert.Throws<InvalidDataException>(() => WeightFile.Read(new MemoryStream(bytes), "stream", "ema")).Message);
    }

    [Fact]
    public void Invalid_text_in_the_header_is_refused()
    {
        foreach (byte[] header in new byte[][] { [.. "{\"a"u8], [.. "{\""u8, 0xFF, 0xFE, .. "\":1}"u8], [.. "{\"\\ud800\":1}"u8] })
        {
            var error = Assert.Throws<InvalidDataException>(() =>
                SafeTensors.Read(new MemoryStream([.. BitConverter.GetBytes((long)header.Length), .. header])));
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
    public void A_header_that_would_take_all_memory_is_refused_within_little()
    {
        const string End = """],"data_offsets":[0,0]}""";
        const string Begin = """:{"dtype":"F32","shape":[""";
        var zeros = "{\"a\"" + Begin + string.Join(',', Enumerable.Repeat('0', 1_000_000)) + End + "}";
        var tensors = string.Join(',', Enumerable.Range(0, 100_001).Select(i => $"\"{i}\"{Begin}0{End}"));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.StartsWith("stream: expected tensor 'a': a shape of at most 64 whole numbers from 0, found [0,0,", Refusal(zeros));
        Assert.Equal("stream: expected 100,000 tensors at most, found more.", Refusal("{" + tensors + "}"));
        var longest = Refusal(new string(' ', 17 << 20));
        Assert.Equal($"stream: expected a header of at most {16 << 20} bytes, found a length of {17 << 20}.", longest);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300_000_000);

        static string Refusal(string header)
        {
            byte[] json = System.Text.Encoding.UTF8.GetBytes(header);
            byte[] bytes = [.. BitConverter.GetBytes((long)json.Length), .. json];
            return Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new MemoryStream(bytes))).Message;
        }
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
