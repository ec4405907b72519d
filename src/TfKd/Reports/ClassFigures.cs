namespace TfKd;

/// <summary>How well the rows of one class are told from the others.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">Number of rows of the class.</param>
/// <param name="Predicted">Number of rows that were put into it.</param>
/// <param name="Correct">Number of rows of which both is true.</param>
public sealed record ClassFigures(string Name, int Count, int Predicted, int Correct)
{
    /// <summary>Fraction of the rows put into the class that are of it; NaN where there are none.</summary>
    public double Precision => (double)Correct / Predicted;

    /// <summary>Fraction of the rows of the class that were put into it; NaN where there are none.</summary>
    public double Recall => (double)Correct / Count;

    /// <summary>
    /// Harmonic mean of precision and recall, 2 correct / (count + predicted); NaN where there are no rows of either kind.
    /// </summary>
    public double F1 => 2.0 * Correct / (Count + Predicted);
}
