namespace TfKd;

/// <summary>Comma-separated values, as RFC 4180 has them.</summary>
internal static class Csv
{
    /// <summary>A field, in quotes where it must be.</summary>
    public static string Quote(string field) =>
        field.AsSpan().IndexOfAny("\",\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
