namespace TfKd.FuzzProbe;

/// <summary>One damaged file and what became of it.</summary>
/// <param name="Number">Its number, which with the seed makes it again.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="PeakMebibytes">The most memory that the process had had until then.</param>
/// <param name="Detail">What was changed, and the exception.</param>
internal sealed record FuzzCase(int Number, FuzzOutcome Outcome, double PeakMebibytes, string Detail)
{
    private const char Separator = '\t';

    /// <summary>As a line.</summary>
    public string ToLine() => FormattableString.Invariant(
        $"{Number}{Separator}{Outcome}{Separator}{PeakMebibytes:F1}{Separator}{Detail.ReplaceLineEndings(" ").Replace(Separator, ' ')}");

    /// <summary>Of such a line.</summary>
    public static FuzzCase Parse(string line)
    {
        var parts = line.Split(Separator, 4);
        return new(
            int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture),
            Enum.Parse<FuzzOutcome>(parts[1]),
            double.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture),
            parts[3]);
    }
}
