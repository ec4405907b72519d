using System.Globalization;

namespace TfKd;

/// <summary>
/// A network's normalisation as texts beside its weights: numbers in the invariant culture that read back as they were, with commas
/// between.
/// </summary>
internal static class NormalizationText
{
    private const string FormatKey = "format";
    private const string MeanKey = "normalization.mean";
    private const string StdKey = "normalization.std";

    /// <summary>What to write beside weights.</summary>
    public static Dictionary<string, string> Metadata(ChannelStatistics statistics) => new()
    {
        // The transformers library refuses files without it.
        [FormatKey] = "pt",
        [MeanKey] = Write(statistics.Mean),
        [StdKey] = Write(statistics.Std),
    };

    /// <summary>Null where there is neither key.</summary>
    /// <exception cref="InvalidDataException">There is one key only, a number is none, or the numbers are no statistics.</exception>
    public static ChannelStatistics? Read(IReadOnlyDictionary<string, string> metadata, string source)
    {
        var (mean, std) = (metadata.GetValueOrDefault(MeanKey), metadata.GetValueOrDefault(StdKey));
        if (mean is null && std is null)
            return null;
        if (Parse(mean) is not { } means
            || Parse(std) is not { } deviations || means.Length != deviations.Length || !deviations.All(deviation => deviation > 0))
            throw new InvalidDataException(
                $"{source}: expected as many numbers in {StdKey}, each above 0, as in {MeanKey}, with commas between, found {Quote(std)} "
                    + $"and {Quote(mean)}.");
        return new ChannelStatistics(means, deviations);
    }

    private static string Write(IEnumerable<double> numbers) =>
        string.Join(',', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));

    private static double[]? Parse(string? text)
    {
        var numbers = new List<double>();
        foreach (var part in (text ?? "").Split(','))
            if (double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
                numbers.Add(number);
            else
                return null;
        return [.. numbers];
    }

    private static string Quote(string? text) => text switch
    {
        null => "none",
        { Length: > 100 } => $"'{text[..100]}...'",
        _ => $"'{text}'",
    };
}
