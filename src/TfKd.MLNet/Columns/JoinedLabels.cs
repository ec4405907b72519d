namespace TfKd.MLNet;

/// <summary>
/// Tells classes that look like several labels in one: <c>cat;sofa</c>, where another separator was looked for. A name may hold a comma by
/// right, so that it is an error only where there is hardly another reading.
/// </summary>
internal static class JoinedLabels
{
    private const int Shown = 3;

    private static readonly string[] Usual = [";", ",", "|"];

    /// <summary>What looks wrong with classes that were read from texts; null: nothing.</summary>
    /// <param name="column">Name of the column.</param>
    /// <param name="classes">What was found in it.</param>
    /// <param name="separator">What was looked for.</param>
    /// <param name="isFound">Whether a text has it between two labels.</param>
    /// <param name="advice">What to do about it.</param>
    /// <exception cref="ArgumentException">
    /// No text is divided, and all classes hold the same one of the other separators: no row would have several labels.
    /// </exception>
    public static string? WarningOf(
        string column, IReadOnlyCollection<string> classes, string separator, bool isFound, SeparatorAdvice advice)
    {
        foreach (var other in Usual.Where(other => !separator.Contains(other, StringComparison.Ordinal)))
        {
            string[] joined = [.. classes.Where(name => PartsOf(name, other).Length > 1)];
            if (joined.Length == 0)
                continue;
            var found = string.Join(", ", joined.Take(Shown).Select(name => $"'{name}'")) + (joined.Length > Shown ? " and others" : "");
            if (!isFound && joined.Length == classes.Count && classes.Count > 1)
                throw new ArgumentException(
                    $"Label column '{column}' has no text with the separator '{separator}' between labels, and all of its {classes.Count} "
                        + $"classes hold '{other}': {found}. Set {advice.Setting} to \"{other}\", or {advice.ForNames} where these are "
                        + "names.");
            if (!isFound || AreMadeOfOthers(joined, classes, other))
                return $"Label column '{column}' has classes that look like labels joined by '{other}', while the separator is "
                    + $"'{separator}': {found}. If they are, set {advice.Setting} to \"{other}\".";
        }

        return null;
    }

    // Whether one of the names has no part that is met only in it: each is a class, or a part of another name.
    private static bool AreMadeOfOthers(string[] joined, IReadOnlyCollection<string> classes, string separator)
    {
        var met = classes.SelectMany(name => PartsOf(name, separator).Distinct())
            .GroupBy(part => part, StringComparer.Ordinal).ToDictionary(part => part.Key, part => part.Count(), StringComparer.Ordinal);
        return joined.Any(name => PartsOf(name, separator).All(part => met[part] > 1));
    }

    private static string[] PartsOf(string name, string separator) =>
        name.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
