namespace TfKd;

/// <summary>
/// How much the rows that have a label count beside those that have not, where rows may have several: each class is a choice between no and
/// yes, and the rule of the run weighs those two. Computed once a run.
/// </summary>
internal static class PositiveWeights
{
    // No and yes.
    private const int Sides = 2;

    /// <summary>One number a class, 1 for one that all rows have or none; null where nothing is to be weighed.</summary>
    /// <param name="training">The training rows; those without labels and those of weight 0 are not counted.</param>
    /// <param name="classWeighting">The rule; null: there is none.</param>
    /// <exception cref="InvalidOperationException">The rule gave weights whose ratio is not above 0 and finite.</exception>
    public static double[]? Of(IImageSource training, ClassWeighting? classWeighting)
    {
        if (classWeighting is null || !LabelSets.AreIn(training))
            return null;
        var (positives, count) = (new int[training.ClassNames.Count], 0);
        for (var row = 0; row < training.Count; row++)
        {
            if (training.GetLabel(row) == Targets.Unlabelled || training.Extras?.GetWeight(row) == 0)
                continue;
            count++;
            foreach (var label in LabelSets.Of(training, row))
                positives[label]++;
        }

        double[] weights = [.. positives.Select((yes, k) => Ratio(classWeighting, training.ClassNames[k], count - yes, yes))];
        return weights.All(weight => weight == 1) ? null : weights;
    }

    private static double Ratio(ClassWeighting classWeighting, string className, int no, int yes)
    {
        if (no == 0 || yes == 0)
            return 1;
        var weights = classWeighting.Weights([no, yes]);
        if (weights.Count != Sides)
            throw new InvalidOperationException(
                $"{classWeighting} gave {weights.Count} weights; expected one for each of the {Sides} classes.");
        var ratio = weights[1] / weights[0];
        return weights.Append(ratio).All(weight => weight > 0 && double.IsFinite(weight))
            ? ratio
            : throw new InvalidOperationException(
                $"{classWeighting} gave the {no} rows without the label '{className}' the weight {weights[0]} and the {yes} with it the "
                    + $"weight {weights[1]}; expected finite numbers above 0.");
    }
}
