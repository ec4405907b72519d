namespace TfKd;

/// <summary>Members of .NET 9 that the sources use.</summary>
internal static class Net9Members
{
    extension(Convert)
    {
        public static string ToHexStringLower(ReadOnlySpan<byte> bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
    }

    public static IEnumerable<(int Index, T Item)> Index<T>(this IEnumerable<T> items) => items.Select((item, index) => (index, item));
}
