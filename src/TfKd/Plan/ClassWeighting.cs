namespace TfKd;

/// <summary>
/// How much the rows of each class count, so that a class of few rows is not drowned by one of many: a plain value. Deriving a record
/// brings a rule of your own.
/// </summary>
/// <remarks>
/// <para>The weight of a training row is that of its class times its own (<see cref="SampleExtras.GetWeight"/>), divided by the mean of
/// these products over all training rows: the weights of a run have mean 1, and so the size of the objective, and the learning rate that
/// suits it, stay what they were. Every objective that is a mean over rows becomes the mean of the weighted rows, its teacher's term
/// included: the sum over a batch of N rows divided by N. (PyTorch's <c>weight=</c> divides by the sum of the batch's weights instead,
/// which gives a rare row another influence in each batch.)</para>
/// <para>Where rows may have several labels, each class is a choice between no and yes, and the rule weighs those two: the rows that have
/// the label count as much more than those that have not as the rule says of two classes of so many rows, which is the other number by this
/// one with <see cref="InverseFrequencyWeighting"/>. That is what <see cref="BinaryCrossEntropy.PositiveWeights"/> says of each class, and
/// the value of the <see cref="BinaryCrossEntropy"/> is weighted so; terms of a teacher are not, as it has learnt with these weights, or
/// knows of none. The weights of rows have nothing of it. Probabilities of rare labels are then above the share of the rows that have
/// them, as with any weights of classes.</para>
/// <para>A class without any training row has no row that could be weighted, and changes nothing. A row whose own weight is 0 is not
/// counted as a row of its class. It still takes part in the statistics of the pixels: those of the input normalisation, and of a batch
/// normalisation.</para>
/// <para>Metrics stay unweighted, of training rows and of validation rows: accuracy means the share of the rows that are right. The
/// training loss is the objective's value, weights included.</para>
/// </remarks>
public abstract record ClassWeighting
{
    /// <summary>The weight of each class, up to a factor that all share.</summary>
    /// <param name="rowCounts">
    /// The number of training rows of each class, in the order of the label indices; where rows may have several labels, asked for each
    /// class: the number of those that do not have it, and of those that have it.
    /// </param>
    /// <returns>As many weights, 0 or above and finite; those of classes without rows are ignored.</returns>
    public abstract IReadOnlyList<double> Weights(IReadOnlyList<int> rowCounts);
}
