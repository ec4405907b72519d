using System.IO.Compression;
using TorchSharp;
using static TfKd.Tests.TorchSamples;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class WeightFileRefusalTests
{
    private static readonly Dictionary<string, SampleStorage> Two = new() { ["0"] = new(ScalarType.Float32, new byte[8]) };

    public static TheoryData<string, object?, string> Invalid => new()
    {
        { "system", new PickleCall("posix", "system", "touch /tmp/never"), "'posix.system' is not allowed in a weight file, which holds "
            + "tensors, numbers, texts, lists and dictionaries, and no calls of programs; nothing of it was run. Do not load this file "
            + "elsewhere." },
        { "eval", Root(new PickleCall("builtins", "eval", "1")), "'builtins.eval' is not allowed in a weight file, which holds tensors, "
            + "numbers, texts, lists and dictionaries, and no calls of programs; nothing of it was run. Do not load this file elsewhere." },
        { "load", Root(new PickleCall("torch.hub", "load", "user/code")), "'torch.hub.load' is not allowed in a weight file, which holds "
            + "tensors, numbers, texts, lists and dictionaries, and no calls of programs; nothing of it was run. Do not load this file "
            + "elsewhere." },
        { "module", new PickleBuilt(new PickleNew("torchvision.models.resnet", "ResNet"), Root(null)), "expected a dictionary of tensors, "
            + "found an object of 'torchvision.models.resnet.ResNet', which takes a program to read; save what its state_dict() returns." },
        { "modules", new Dictionary<string, object?> { ["epoch"] = 1L, ["model"] = new PickleNew("models.yolo", "Model") }, "expected a "
            + "dictionary of tensors, found a dictionary of 2 without tensors under names; objects that take a program to read are at "
            + "'model' (models.yolo.Model)." },
        { "quantised", Root(new PickleCall("torch._utils", "_rebuild_qtensor", 1L)), "expected a dense tensor of plain numbers as 'a.b', "
            + "found one that 'torch._utils._rebuild_qtensor' makes." },
        { "newobj", Root(new PickleOpcodes((byte)'N', (byte)')', 0x81)), "expected a type and a tuple of its arguments, found None and a "
            + "tuple of 0." },
        { "list", new List<object?> { 1L }, "expected a dictionary of tensors, found a list of 1." },
        { "tensor", Tensor(Storage("0", ScalarType.Float32, 2), 0, [2], [1]), "expected a dictionary of tensors, found a tensor of shape "
            + "[2]." },
        { "nothing", new Dictionary<string, object?> { ["epoch"] = 1L }, "expected a dictionary of tensors, found a dictionary of 1 "
            + "without tensors under names." },
        { "outside", Root(Tensor(Storage("0", ScalarType.Float32, 2), 1, [2], [1])), "expected a tensor within the 2 elements of storage "
            + "'0', found offset 1, shape [2], strides [1]." },
        { "behind", Root(Tensor(Storage("0", ScalarType.Float32, 2), 3, [0], [1])), "expected a tensor within the 2 elements of storage "
            + "'0', found offset 3, shape [0], strides [1]." },
        { "stride", Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [2], [long.MaxValue])), "expected a tensor within the 2 elements "
            + "of storage '0', found offset 0, shape [2], strides [9223372036854775807]." },
        { "expanded", Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [1_000_000], [0])), "expected at most 2 elements in a tensor of "
            + "storage '0', found shape [1000000]." },
        { "huge", Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [1L << 62, 1L << 62], [0, 0])), "expected at most 2 elements in a "
            + "tensor of storage '0', found shape [4611686018427387904,4611686018427387904]." },
        { "hugeEmpty", Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [1L << 62, 4, 0], [0, 0, 0])), "expected at most 2 elements in "
            + "a tensor of storage '0', found shape [4611686018427387904,4,0]." },
        { "negative", Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [-1], [1])), "expected a shape of at most 64 whole numbers from "
            + "0, found [-1]." },
        { "rank", Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, new long[65], new long[65])), "expected a shape of at most 64 whole "
            + "numbers from 0, found 65 values." },
        { "strides", Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [2], [1, 1])), "expected 1 strides, whole numbers from 0, found "
            + "[1,1]." },
        { "storage", Root(new PicklePersistent("0")), "expected the type, the key and the size of a storage, found '0'." },
        { "twice", Root(
            new object?[] { Storage("0", ScalarType.Float32, 2), Storage("0", ScalarType.Int64, 2) }), "expected storage '0': 2 of "
                + "Float32, as before, found 2 of Int64." },
        { "mereName", Root(new PickleCall("torch", "FloatStorage", 1L)), "expected a name to call, found torch.FloatStorage." },
        { "arguments", Root(new PickleCall("torch._utils", "_rebuild_parameter", "x")), "expected arguments of "
            + "torch._utils._rebuild_parameter, found 'x'." },
        { "itself", Root(new PickleCall(
            "torch._tensor",
            "_rebuild_from_type_v2",
            new PickleName("torch._tensor", "_rebuild_from_type_v2"),
            new PickleName("torch", "Tensor"),
            Array.Empty<object?>(),
            null)), "expected arguments of torch._tensor._rebuild_from_type_v2, found the name torch._tensor._rebuild_from_type_v2, the "
                + "name torch.Tensor, a tuple of 0, None." },
        { "underflow", new PickleOpcodes(0x85), "expected 1 values on the stack, found 0." },
        { "belowMark", new PickleOpcodes((byte)'N', (byte)'(', (byte)'0'), "expected an opcode of a state dict's pickle, found 30 at byte "
            + "4." },
        { "noMark", new PickleOpcodes((byte)'N', (byte)'t'), "expected a mark on the stack, found none." },
        { "memo", new PickleOpcodes((byte)'h', 0), "expected a memo below number 0, found 0." },
        { "sparseMemo", new PickleOpcodes((byte)'N', (byte)'r', 255, 255, 255, 255), "expected a memo of number 0 at most, found "
            + "4294967295." },
        { "pairs", new PickleOpcodes((byte)'}', (byte)'(', (byte)'N', (byte)'u'), "expected pairs of a key and a value, found 1 values." },
        { "utf8", new PickleOpcodes((byte)'X', 1, 0, 0, 0, 0xff), "expected text in UTF-8, found other bytes." },
        { "protocol", new PickleOpcodes(0x80, 6), "expected a pickle of protocol 5 at most, found 6." },
        { "attributes", new PickleBuilt(1L, 2L), "expected attributes of a dictionary, found attributes of the number 1." },
    };

    [Theory]
    [MemberData(nameof(Invalid), DisableDiscoveryEnumeration = true)]
    public void Object_is_refused_with_what_was_expected_and_found(string name, object? root, string message)
    {
        Assert.NotEmpty(name);
        Assert.Equal($"stream: {message}", Refusal(Zip(root, Two)));
        // The position of an opcode is that in the file.
        if (!message.Contains("at byte", StringComparison.Ordinal))
            Assert.Equal($"stream: {message}", Refusal(Legacy(root, Two)));
    }

    [Theory]
    [InlineData("archive/data/0")]
    [InlineData("archive/data.pkl")]
    public void A_flipped_bit_in_a_zip_is_damage(string entry)
    {
        using var scope = NewDisposeScope();
        var content = Convert.FromBase64String(WrittenByPyTorch.Zip);
        Assert.NotEmpty(WeightFile.Read(new MemoryStream(content)));
        content = Zip(Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [2], [1])), Two);
        WeightFile.Read(new MemoryStream(content));
        using (var archive = new ZipArchive(new MemoryStream(content)))
        {
            // Behind the local header and the name: the entry's first byte.
            var name = System.Text.Encoding.ASCII.GetBytes(entry);
            var at = content.AsSpan().IndexOf(name) + name.Length;
            var expected = archive.GetEntry(entry)!.Crc32;
            content[at + (entry.EndsWith("pkl", StringComparison.Ordinal) ? 12 : 3)] ^= 0x40;
            var message = Assert.Throws<InvalidDataException>(() => WeightFile.Read(new MemoryStream(content), "'a.pth'")).Message;
            Assert.StartsWith(
                $"'a.pth': the file is damaged: expected the CRC-32 {expected:x8} of '{entry}', found ", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xCBF43926u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void Checksums_are_those_of_the_format(string text, uint checksum) =>
        Assert.Equal(checksum, ZipChecksum.Of(System.Text.Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData("big")]
    public void Other_byte_order_is_refused(string order)
    {
        Assert.Equal($"stream: expected the byte order 'little', found '{order}'.", Refusal(Zip(Root(1L), Two, byteOrder: order)));
        Assert.Equal(
            "stream: expected a file of a little-endian machine, found another.", Refusal(Legacy(Root(1L), Two, littleEndian: false)));
    }

    [Fact]
    public void Zip_file_that_is_none_of_PyTorch_is_refused()
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
            archive.CreateEntry("word/document.xml");
        Assert.Equal("stream: expected a zip file with one folder that holds data.pkl, found 0 of them.", Refusal(file.ToArray()));
        Assert.Equal(
            "stream: expected an entry 'archive/data/1', found none.",
            Refusal(Zip(Root(Tensor(Storage("1", ScalarType.Float32, 2), 0, [2], [1])), Two)));
        Assert.Equal(
            "stream: expected 12 bytes in 'archive/data/0' for 3 of Float32, found 8.",
            Refusal(Zip(Root(Tensor(Storage("0", ScalarType.Float32, 3), 0, [2], [1])), Two)));
        Assert.Equal(
            "stream: expected 9223372036854775807 bytes in 'archive/data/0' for 9223372036854775807 of Float32, found 8.",
            Refusal(Zip(Root(Tensor(Storage("0", ScalarType.Float32, long.MaxValue), 0, [2], [1])), Two)));
    }

    [Fact]
    public void Compressed_entry_is_refused_before_it_is_unpacked()
    {
        var zeros = new Dictionary<string, SampleStorage> { ["0"] = new(ScalarType.Byte, new byte[50_000_000]) };
        var bomb = Zip(
            Root(Tensor(Storage("0", ScalarType.Byte, 50_000_000), 0, [50_000_000], [1])),
            zeros,
            compression: CompressionLevel.SmallestSize);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Matches(@"^stream: expected an entry 'archive/data.pkl' without compression, found \d+ bytes in \d+\.$", Refusal(bomb));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    [Fact]
    public void Truth_values_other_than_0_and_1_are_refused()
    {
        var storages = new Dictionary<string, SampleStorage> { ["0"] = new(ScalarType.Bool, [1, 2]) };
        var root = Root(Tensor(Storage("0", ScalarType.Bool, 2), 0, [1], [1]));
        Assert.Equal("stream: expected storage '0': bytes 0 and 1 as truth values, found others.", Refusal(Zip(root, storages)));
        Assert.Equal("stream: expected storage '0': bytes 0 and 1 as truth values, found others.", Refusal(Legacy(root, storages)));
    }

    [Fact]
    public void Older_file_whose_parts_disagree_is_refused()
    {
        var root = Root(Tensor(Storage("0", ScalarType.Float32, 2), 0, [2], [1]));
        Assert.Equal(
            "stream: expected version 1001 of PyTorch's format before 1.6, found the number 1002.",
            Refusal(Legacy(root, Two, version: 1002)));
        Assert.Equal(
            "stream: expected the magic number of PyTorch's format before 1.6, found a pickle without.",
            Refusal(PickleWriter.Write(Root(1L))));
        Assert.Equal(
            "stream: expected the keys of 1 storages, each once, found 2 keys that are not those.",
            Refusal(Legacy(root, new(Two) { ["1"] = Two["0"] })));
        Assert.Equal(
            "stream: expected 2 elements in storage '0', found 3.",
            Refusal(Legacy(root, new() { ["0"] = new(ScalarType.Float32, new byte[12]) })));
        var whole = Legacy(root, Two);
        Assert.Equal("stream: expected 8 bytes of storage '0', found 7.", Refusal(whole[..^1]));
        Assert.Equal("stream: expected 8 bytes of storage '0', found 3.", Refusal(whole[..^13]));
        Assert.Equal("stream: expected the end behind the last storage, found 1 more bytes.", Refusal([.. whole, 0]));
    }

    [Fact]
    public void Pickle_that_would_grow_without_bound_is_refused()
    {
        // Each dictionary holds the one before it twice: 15 dictionaries, 2^15 ways to the innermost.
        var opcodes = new List<byte> { (byte)'}', 0x94 };
        for (byte i = 0; i < 15; i++)
            opcodes.AddRange([
                (byte)'}',
                (byte)'(',
                (byte)'U',
                1,
                (byte)'a',
                (byte)'h',
                i,
                (byte)'U',
                1,
                (byte)'b',
                (byte)'h',
                i,
                (byte)'u',
                0x94,
            ]);
        Assert.Equal(
            "stream: expected a dictionary of tensors, found a dictionary of 2 without tensors under names.",
            Refusal(Zip(new PickleOpcodes([.. opcodes]), Two)));

        // Every further dictionary is a copy of one long list.
        List<byte> copies = [(byte)']', (byte)'('];
        for (var i = 0; i < 10_000; i++)
            copies.AddRange([(byte)'N', (byte)'N', 0x86]);
        copies.AddRange([(byte)'e', 0x94]);
        copies.AddRange("ccollections\nOrderedDict\n"u8);
        copies.Add(0x94);
        for (var i = 0; i < 10_000; i++)
            copies.AddRange([(byte)'h', 1, (byte)'h', 0, 0x85, (byte)'R']);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(
            "stream: expected a pickle of 5,000,000 operations at most, found more.", Refusal(Zip(new PickleOpcodes([.. copies]), Two)));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 500_000_000);
    }

    [Fact]
    public void Deep_nesting_is_refused_or_read_without_recursion()
    {
        var lists = Enumerable.Repeat((byte)']', 1_000_000).Concat(Enumerable.Repeat((byte)'a', 999_999)).ToArray();
        Assert.Equal("stream: expected a dictionary of tensors, found a list of 1.", Refusal(Zip(new PickleOpcodes(lists), Two)));
        object? root = new Dictionary<string, object?>();
        for (var i = 0; i < 100; i++)
            root = new Dictionary<string, object?> { ["a"] = root };
        Assert.Equal("stream: expected dictionaries within one another to a depth of 20, found more.", Refusal(Zip(root, Two)));
        // A dictionary within itself.
        Assert.Equal(
            "stream: expected a dictionary of tensors, found a dictionary of 1 without tensors under names.",
            Refusal(Zip(new PickleOpcodes((byte)'}', 0x94, (byte)'U', 1, (byte)'a', (byte)'h', 0, (byte)'s'), Two)));
    }

    private static Dictionary<string, object?> Root(object? value) => new() { ["a.b"] = value };

    private static string Refusal(byte[] content)
    {
        using var scope = NewDisposeScope();
        return Assert.Throws<InvalidDataException>(() => WeightFile.Read(new MemoryStream(content))).Message;
    }
}
