namespace TfKd;

/// <summary>
/// The weight of each training row: its class's times its own, with mean 1 over the rows; where rows may have several labels, its own (see
/// <see cref="PositiveWeights"/>). Computed once a run.
/// </summary>
internal static class RowWeights
{
    /// <summary>Null where all rows weigh the same, so that they cost nothing.</summary>
    /// <exception cref="InvalidOperationException">A weight is negative, NaN or infinite, or all are 0.</exception>
    public static float[]? Of(IImageSource training, ClassWeighting? classWeighting)
    {
        var extras = training.Extras;
        var own = new double[training.Count];
        var counts = new int[training.ClassNames.Count];
        for (var row = 0; row < own.Length; row++)
        {
            own[row] = extras?.GetWeight(row) ?? 1;
            if (!IsWeight(own[row]))
                throw new InvalidOperationException(
                    $"The weight of training row {row} is {own[row]}; expected a finite number of 0 or above.");
            if (own[row] > 0 && training.GetLabel(row) is var label and >= 0)
                counts[label]++;
        }

        var ofClass = classWeighting is null || LabelSets.AreIn(training) ? null : OfClasses(classWeighting, counts, training.ClassNames);
        var factor = ofClass is null ? 1 : FactorOf(training, own, ofClass);
        var weights = ofClass is null ? own : [.. own.Select((weight, row) => weight > 0 ? weight * OfClass(row) : 0)];
        var mean = weights.Average();
        if (mean == 0)
        {
            throw new InvalidOperationException(
                $"All {training.Count} training rows have the weight 0, so there is nothing to learn from; expected one above 0 at least.");
        }

        return weights.All(weight => weight == weights[0]) ? null : [.. weights.Select(weight => (float)(weight / mean))];

        double OfClass(int row) => training.GetLabel(row) is var label and >= 0 ? factor * ofClass![label] : 1;
    }

    // Weights of classes have a factor of their own; beside rows without a label, which have none, it is that of a mean of 1.
    private static double FactorOf(IImageSource training, double[] own, IReadOnlyList<double> ofClass)
    {
        var (plain, weighted, hasOthers) = (0.0, 0.0, false);
        for (var row = 0; row < own.Length; row++)
        {
            var label = training.GetLabel(row);
            hasOthers |= label < 0;
            if (label < 0 || own[row] == 0)
                continue;
            plain += own[row];
            weighted += own[row] * ofClass[label];
        }

        return hasOthers && weighted > 0 ? plain / weighted : 1;
    }

    /// <summary>
    /// What labels count for those that are missing: the weights of all rows by those of the rows with a label. Null where all have one.
    /// </summary>
    /// <exception cref="InvalidOperationException">No row that counts has a label.</exception>
    public static double? LabelScaleOf(IImageSource training, float[]? weights)
    {
        var isLabelled = Enumerable.Range(0, training.Count).Select(row => training.GetLabel(row) != Targets.Unlabelled).ToArray();
        if (isLabelled.All(labelled => labelled))
            return null;
        var (all, labelled) = (0.0, 0.0);
        for (var row = 0; row < isLabelled.Length; row++)
        {
            all += weights?[row] ?? 1;
            labelled += isLabelled[row] ? weights?[row] ?? 1 : 0;
        }

        return labelled > 0
            ? all / labelled
            : throw new InvalidOperationException($"None of the {training.Count} training rows has a label that counts; expected some.");
    }

    private static IReadOnlyList<double> OfClasses(ClassWeighting classWeighting, int[] counts, IReadOnlyList<string> classNames)
    {
        var weights = classWeighting.Weights(counts);
        if (weights.Count != counts.Length)
        {
            throw new InvalidOperationException(
                $"{classWeighting} gave {weights.Count} weights; expected one for each of the {counts.Length} classes.");
        }

        for (var k = 0; k < counts.Length; k++)
        {
            if (counts[k] == 0 || IsWeight(weights[k]))
                continue;
            var found = $"{classWeighting} gave class '{classNames[k]}' of {counts[k]} rows the weight {weights[k]}";
            throw new InvalidOperationException($"{found}; expected a finite number of 0 or above.");
        }

        return weights;
    }

    private static bool IsWeight(double value) => double.IsFinite(value) && value >= 0;
}
