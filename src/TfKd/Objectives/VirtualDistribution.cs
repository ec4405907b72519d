namespace TfKd;

/// <summary>
/// The virtual teacher's softened answer to a row: one probability for the row's own class, another for each of the rest.
/// Equation 8 of Yuan et al., 'Revisiting Knowledge Distillation via Label Smoothing Regularization', CVPR 2020.
/// </summary>
/// <param name="Correct">Probability of the sample's class.</param>
/// <param name="Other">Probability of each other class.</param>
/// <param name="ClassCount">Number of classes K.</param>
internal readonly record struct VirtualDistribution(double Correct, double Other, int ClassCount)
{
    /// <summary>Softens a teacher that gives <paramref name="correctProbability"/> to the sample's class.</summary>
    public static VirtualDistribution Soften(int classCount, double correctProbability, double temperature, TfKdForm form)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classCount, 2);
        var (correct, other) = Logits(classCount, correctProbability, temperature, form);
        var ratio = Math.Exp(other - correct);
        var probability = 1 / (1 + (classCount - 1) * ratio);
        return new(probability, probability * ratio, classCount);
    }

    /// <summary>The numbers whose softmax is the softened distribution.</summary>
    public static (double Correct, double Other) Logits(int classCount, double correctProbability, double temperature, TfKdForm form)
    {
        var (correct, other) = (correctProbability, (1 - correctProbability) / (classCount - 1));
        return form == TfKdForm.Paper
            ? (Math.Log(correct) / temperature, Math.Log(other) / temperature)
            : (correct / temperature, other / temperature);
    }

    /// <summary>Sum over classes of p log p.</summary>
    public double NegativeEntropy => Term(Correct) + (ClassCount - 1) * Term(Other);

    private static double Term(double probability) => probability == 0 ? 0 : probability * Math.Log(probability);
}
