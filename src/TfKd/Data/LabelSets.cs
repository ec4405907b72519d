namespace TfKd;

/// <summary>Whether the samples of a source have one label each or any number of them: the one place that tells.</summary>
internal static class LabelSets
{
    /// <summary>
    /// Whether the samples may have several labels: the first one that has any says so, see <see cref="Targets.Several"/>.
    /// </summary>
    public static bool AreIn(IImageSource source)
    {
        for (var row = 0; row < source.Count; row++)
        {
            if (source.GetLabel(row) is var label and not Targets.Unlabelled)
                return label == Targets.Several;
        }

        return false;
    }

    /// <summary>The labels of a sample of such a source.</summary>
    public static IReadOnlyList<int> Of(IImageSource source, int row) => source.Extras?.GetLabels(row) ?? [];

    /// <summary>One number a class for each of some samples, [N,K] row by row: 1 for each label, 0 otherwise.</summary>
    public static float[] Indicators(IImageSource source, IReadOnlyList<int> rows)
    {
        var classCount = source.ClassNames.Count;
        var indicators = new float[rows.Count * classCount];
        for (var i = 0; i < rows.Count; i++)
        {
            if (source.GetLabel(rows[i]) != Targets.Several)
                continue;
            foreach (var label in Of(source, rows[i]))
                indicators[i * classCount + label] = 1;
        }

        return indicators;
    }
}
