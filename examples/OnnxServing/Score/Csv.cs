namespace OnnxServing;

/// <summary>Fields as RFC 4180 has them; lines end with a line feed alone.</summary>
internal static class Csv
{
    private static readonly System.Buffers.SearchValues<char> _quoted = System.Buffers.SearchValues.Create(",\"\r\n");

    /// <summary>A field, in quotes where it must be.</summary>
    public static string Field(string text) =>
        text.AsSpan().ContainsAny(_quoted) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    /// <summary>A line of fields.</summary>
    public static string Line(IEnumerable<string> fields) => string.Join(',', fields.Select(Field)) + "\n";
}
