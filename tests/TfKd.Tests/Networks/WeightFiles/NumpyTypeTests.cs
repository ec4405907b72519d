namespace TfKd.Tests;

/// <summary>Numbers of numpy in a pickle: of each type, from its bytes.</summary>
public sealed class NumpyTypeTests
{
    [Theory]
    [InlineData("f8", "000000000000f8bf", -1.5)]
    [InlineData("f4", "0000c0bf", -1.5)]
    [InlineData("f2", "00be", -1.5)]
    [InlineData("i8", "feffffffffffffff", -2L)]
    [InlineData("i4", "feffffff", -2L)]
    [InlineData("i2", "feff", -2L)]
    [InlineData("i1", "fe", -2L)]
    [InlineData("u1", "fe", 254L)]
    [InlineData("b1", "01", true)]
    [InlineData("b1", "00", false)]
    public void A_scalar_has_the_value_of_its_bytes(string code, string bytes, object expected)
    {
        var type = NumpyType.Of([code, false, true]);
        var raw = Convert.FromHexString(bytes);
        Assert.Equal(new NumpyType(code), type);
        Assert.Equal(expected, NumpyType.Scalar([type, raw]));
        // As Python 2 and protocol 2 write bytes: the text of the same codes.
        Assert.Equal(expected, NumpyType.Scalar([type, string.Concat(raw.Select(value => (char)value))]));
    }

    [Theory]
    [InlineData("O8")]
    [InlineData("U3")]
    [InlineData("f16")]
    public void Another_type_is_passed_over_and_so_are_its_values(string code)
    {
        Assert.Equal(new PickleForeign("numpy.dtype"), NumpyType.Of([code]));
        Assert.Equal(new PickleForeign("numpy.dtype"), NumpyType.Of([]));
        Assert.Equal(
            new PickleForeign("numpy.core.multiarray.scalar"), NumpyType.Scalar([NumpyType.Of([code]), new byte[] { 1 }]));
    }

    [Theory]
    [InlineData("i2", "\u0001")]
    [InlineData("i2", "\u0001\u0001\u0001")]
    [InlineData("i2", "\u0001\u0100")]
    [InlineData("i2", "\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001\u0001")]
    public void Bytes_of_another_number_and_texts_that_are_none_are_refused(string code, string bytes) =>
        Assert.StartsWith(
            "expected arguments of numpy.core.multiarray.scalar, found ",
            Assert.Throws<InvalidDataException>(() => NumpyType.Scalar([new NumpyType(code), bytes])).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Only_little_endian_numbers_are_read()
    {
        NumpyType.CheckState(new object?[] { 3L, "<", null });
        NumpyType.CheckState(new object?[] { 3L, "|", null });
        foreach (var state in (object?[])[new object?[] { 3L, ">" }, new object?[] { 3L, "" }, new object?[] { 3L }, "<", null])
            Assert.StartsWith(
                "expected a little-endian number of numpy, found ",
                Assert.Throws<InvalidDataException>(() => NumpyType.CheckState(state)).Message,
                StringComparison.Ordinal);
    }
}
