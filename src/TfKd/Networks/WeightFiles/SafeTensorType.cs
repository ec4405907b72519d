using static TorchSharp.torch;

namespace TfKd;

/// <summary>The element types that safetensors and Torch have in common.</summary>
internal static class SafeTensorType
{
    private static readonly (string Name, ScalarType Type, int Size)[] All =
    [
        ("F64", ScalarType.Float64, 8), ("F32", ScalarType.Float32, 4), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
            ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1), ("U8", ScalarType.Byte, 1),
            ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>All names, for messages.</summary>
    public static string Names => string.Join(", ", All.Select(entry => entry.Name));

    /// <summary>The type of a name in a header; null where there is none.</summary>
    public static ScalarType? Parse(string? name) =>
        Array.Find(All, entry => entry.Name == name) is { Name: not null } found ? found.Type : null;

    /// <summary>The name in headers; null where the format has none.</summary>
    public static string? NameOf(ScalarType type) => Array.Find(All, entry => entry.Type == type).Name;

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(ScalarType type) => Array.Find(All, entry => entry.Type == type).Size;
}
