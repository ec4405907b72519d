namespace TfKd;

/// <summary>What tells two canonical texts apart, line by line, for people.</summary>
internal static class IdentityDifference
{
    private const int MaxLines = 20;
    private const int MaxLength = 200;

    /// <summary>The lines that differ: of a part that is of another type, only the type.</summary>
    /// <param name="there">One text.</param>
    /// <param name="here">The other.</param>
    /// <param name="defaults">What is left out of a text where it is this, by path.</param>
    public static string Describe(string there, string here, IReadOnlyDictionary<string, string> defaults)
    {
        var (old, now) = (Parse(there), Parse(here));
        var different = now.Keys.Union(old.Keys).Where(path => Value(old, path) != Value(now, path)).ToList();
        var told = different.Where(path => !different.Exists(other => IsWithin(path, other))).ToList();
        var lines = told.Take(MaxLines).Select(path => $"{path}: {Shorten(Value(old, path))} there, {Shorten(Value(now, path))} here");
        return string.Join('\n', told.Count > MaxLines ? lines.Append($"and {told.Count - MaxLines} more") : lines);

        string Value(Dictionary<string, string> lines, string path) =>
            lines.GetValueOrDefault(path) ?? defaults.GetValueOrDefault(path) ?? "nothing";
    }

    private static bool IsWithin(string path, string other) =>
        path.Length > other.Length && path.StartsWith(other, StringComparison.Ordinal) && (path[other.Length] is '.' or '[');

    private static string Shorten(string text) => text.Length <= MaxLength ? text : text[..MaxLength] + "...";

    private static Dictionary<string, string> Parse(string text) =>
        text.Split('\n').Select(IdentityLine.Parse).DistinctBy(line => line.Path).ToDictionary(line => line.Path, line => line.Text);
}
