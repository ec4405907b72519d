using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>The type of a number that numpy wrote: <c>f8</c>, <c>i4</c> and the like, little-endian.</summary>
/// <param name="Code">Kind and bytes.</param>
internal sealed record NumpyType(string Code)
{
    /// <summary>For numpy.dtype; one that no number here is of (texts, objects) is passed over.</summary>
    public static object Of(object?[] arguments) =>
        arguments is ["f8" or "f4" or "f2" or "i8" or "i4" or "i2" or "i1" or "u1" or "b1", ..]
            ? new NumpyType((string)arguments[0]!)
            : new PickleForeign("numpy.dtype");

    /// <summary>For numpy's scalars: a long, a double or a truth value of the type and the bytes in the arguments.</summary>
    public static object Scalar(object?[] arguments)
    {
        if (arguments is [PickleForeign, ..])
            return new PickleForeign("numpy.core.multiarray.scalar");
        if (arguments is not [NumpyType type, string or byte[]]
            || Bytes(arguments[1]) is not { } bytes || bytes.Length != type.Code[1] - '0')
            throw PickleGlobal.Unfit("numpy.core.multiarray.scalar", arguments);
        return type.Code switch
        {
            "f8" => MemoryMarshal.Read<double>(bytes),
            "f4" => (double)MemoryMarshal.Read<float>(bytes),
            "f2" => (double)MemoryMarshal.Read<Half>(bytes),
            "i8" => MemoryMarshal.Read<long>(bytes),
            "i4" => (long)MemoryMarshal.Read<int>(bytes),
            "i2" => (long)MemoryMarshal.Read<short>(bytes),
            "i1" => (long)(sbyte)bytes[0],
            "u1" => (long)bytes[0],
            _ => bytes[0] != 0,
        };
    }

    /// <summary>Checks what numpy says of the type when it restores it.</summary>
    public static void CheckState(object? state)
    {
        if (state is not object?[] values || values is not [_, "<" or "|", ..])
            throw PickleValue.Invalid("a little-endian number of numpy", PickleValue.Describe(state));
    }

    /// <summary>Python 2, and protocol 2 of Python 3, write bytes as the text of the same character codes.</summary>
    private static byte[]? Bytes(object? value) => value switch
    {
        byte[] bytes => bytes,
        string { Length: <= 8 } text when text.All(character => character <= byte.MaxValue) =>
            [.. text.Select(character => (byte)character)],
        _ => null,
    };
}
