using System.Numerics;
using System.Text;

namespace TfKd.Tests;

/// <summary>Pickles opcode by opcode, as Python's library reference has them.</summary>
public sealed class PickleReaderTests
{
    public static TheoryData<string, object?> Values => new()
    {
        { "8004 95 0100000000000000 4e", null },
        { "88", true },
        { "89", false },
        { "4b ff", 255L },
        { "4d ffff", 65535L },
        { "4a feffffff", -2L },
        { "8a 02 fe ff", -2L },
        { "8a 08 ffffffffffffff7f", long.MaxValue },
        { "8a 08 0000000000000080", long.MinValue },
        { "8a 09 000000000000008000", BigInteger.Pow(2, 63) },
        { "47 3ff8000000000000", 1.5 },
        { "8c 02 c3a4", "ä" },
        { "58 02000000 c3a4", "ä" },
        { "8d 0200000000000000 c3a4", "ä" },
        { "55 01 e4", "ä" },
        { "54 01000000 e4", "ä" },
        { "43 02 0102", new byte[] { 1, 2 } },
        { "42 02000000 0102", new byte[] { 1, 2 } },
        { "8e 0200000000000000 0102", new byte[] { 1, 2 } },
        { "29", Array.Empty<object?>() },
        { "4b01 85", new object?[] { 1L } },
        { "4b01 4b02 86", new object?[] { 1L, 2L } },
        { "4b01 4b02 4b03 87", new object?[] { 1L, 2L, 3L } },
        { "28 4b01 4b02 4b03 4b04 74", new object?[] { 1L, 2L, 3L, 4L } },
        { "5d 4b01 61 28 4b02 4b03 65", new List<object?> { 1L, 2L, 3L } },
        { "8f 28 4b01 4b02 90", new List<object?> { 1L, 2L } },
        { "28 4b01 4b02 91", new object?[] { 1L, 2L } },
        { "4b07 94 68 00 86", new object?[] { 7L, 7L } },
        { "4b07 72 00000000 6a 00000000 86", new object?[] { 7L, 7L } },
        { "63 " + Line("models") + Line("Net") + "29 81", new PickleForeign("models.Net") },
        { "63 " + Line("models") + Line("Net") + "29 7d 92", new PickleForeign("models.Net") },
        { "8c 06 " + Hex("models") + "8c 03 " + Hex("Net") + "93 29 52", new PickleForeign("models.Net") },
        { "63 " + Line("models") + Line("Net") + "29 81 28 4b01 65 28 4b01 4b02 75", new PickleForeign("models.Net") },
        { "4b05 51", "storage of 5" },
    };

    public static TheoryData<string, string> Refused => new()
    {
        { "4b01 4b02 61", "expected a list to append to, found the number 1." },
        { "4b01 4b02 4b03 73", "expected a dictionary to set items of, found the number 1." },
        { "4b01 4b02 93", "expected the texts of a module and a name, found the number 1 and the number 2." },
        { "4b01 29 52", "expected a name and a tuple of its arguments, found the number 1 and a tuple of 0." },
        { "4b01 29 81", "expected a type and a tuple of its arguments, found the number 1 and a tuple of 0." },
        { "58 03000000 61", "expected at most 2 more bytes, found a length of 3." },
        { "8d ffffffffffffffff 61", "expected at most 2 more bytes, found a length of 18446744073709551615." },
        { "6a 00000000", "expected a memo below number 0, found 0." },
        // Taking a value away is no opcode of a state dict's pickle.
        { "4e 30", "expected an opcode of a state dict's pickle, found 30 at byte 1." },
        { "8006", "expected a pickle of protocol 5 at most, found 6." },
        { "6e", "expected an opcode of a state dict's pickle, found 6e at byte 0." },
        { "63 " + Line("numpy") + Line("dtype") + "8c 02 " + Hex("f8") + "85 52 4b03 8c 01 3e 86 62",
            "expected a little-endian number of numpy, found a tuple of 2." },
    };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public void A_value_is_read_as_Python_reads_it(string pickle, object? expected) => Assert.Equal(expected, Read(pickle));

    [Fact]
    public void Python_2_counts_what_it_remembers_from_1()
    {
        var expected = Read("28 4b05 71 00 4b06 71 01 68 00 68 01 74");
        Assert.Equal(expected, Read("28 4b05 71 01 4b06 71 02 68 01 68 02 74"));
        Assert.Throws<InvalidDataException>(() => Read("28 4b05 71 02 68 02 74"));
    }

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void What_is_none_is_refused_with_what_was_found(string pickle, string message) =>
        Assert.Equal(message, Assert.Throws<InvalidDataException>(() => Read(pickle)).Message);

    [Fact]
    public void A_pickle_without_an_end_is_refused() => Assert.Equal(
        "expected a pickle that ends with STOP, found the end of the content.",
        Assert.Throws<InvalidDataException>(() => new PickleReader(new MemoryStream([(byte)'N']), key => key).Read()).Message);

    [Fact]
    public void Items_of_a_dictionary_keep_their_order()
    {
        var dictionary = (PickleDictionary)Read("7d 4b01 4b02 73 28 4b03 4b04 4b01 4b05 75")!;
        Assert.Equal([new(1L, 2L), new(3L, 4L), new(1L, 5L)], dictionary.Items);
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public void A_line_has_a_thousand_characters_at_most(int length, bool isRead)
    {
        var pickle = "63 " + Line(new string('m', length)) + Line("Net") + "29 81";
        if (isRead)
            Assert.Equal(new PickleForeign($"{new string('m', length)}.Net"), Read(pickle));
        else
            Assert.Throws<InvalidDataException>(() => Read(pickle));
    }

    [Theory]
    [InlineData(true, "True")]
    [InlineData(false, "False")]
    [InlineData(null, "None")]
    [InlineData(1.5, "the number 1.5")]
    [InlineData(3L, "the number 3")]
    [InlineData("text", "'text'")]
    [InlineData('c', "a value of Char")]
    public void A_value_is_described_in_a_few_words(object? value, string words) => Assert.Equal(words, PickleValue.Describe(value));

    [Fact]
    public void So_is_one_that_holds_others()
    {
        Assert.Equal("the number 9223372036854775808", PickleValue.Describe(BigInteger.Pow(2, 63)));
        Assert.Equal("2 bytes", PickleValue.Describe(new byte[2]));
        Assert.Equal("a list of 1", PickleValue.Describe(new List<object?> { null }));
        Assert.Equal("a tuple of 2", PickleValue.Describe(new object?[2]));
        Assert.Equal("a dictionary of 0", PickleValue.Describe(new PickleDictionary()));
        Assert.Equal("the name a.B", PickleValue.Describe(new PickleGlobal("a.B")));
        Assert.Equal("an object of 'a.B'", PickleValue.Describe(new PickleForeign("a.B")));
        var storage = new TorchStorage("7", TorchSharp.torch.ScalarType.Float32, 6);
        Assert.Equal("storage '7'", PickleValue.Describe(new TorchStorageView(storage, 0, 6)));
        Assert.Equal(
            "a tensor of shape [2,3]",
            PickleValue.Describe(StoredTensor.Create(new TorchStorageView(storage, 0, 6), 0, [2L, 3L], [3L, 1L])));
        Assert.Equal($"'{new string('x', 100)}'", PickleValue.Quote(new string('x', 100)));
        Assert.Equal($"'{new string('x', 100)}...'", PickleValue.Quote(new string('x', 101)));
    }

    private static object? Read(string pickle) => new PickleReader(
        new MemoryStream([.. Convert.FromHexString(pickle.Replace(" ", "", StringComparison.Ordinal)), (byte)'.']),
        key => $"storage of {key}").Read();

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private static string Line(string text) => Hex(text + "\n");
}
