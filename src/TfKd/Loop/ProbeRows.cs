using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The rows that a head is fitted to, as features. The tensors belong to the caller's dispose scope.</summary>
/// <param name="features">[N,D], of the rows as they are.</param>
/// <param name="mirrored">[N,D], of the rows mirrored; null: not known.</param>
/// <param name="targets">[N,K], float64: 1 for the labels of a row, 0 otherwise; of rows without one, probabilities.</param>
/// <param name="weights">[N], float64.</param>
/// <param name="areSeveral">Whether a row may have several labels.</param>
internal sealed class ProbeRows(Tensor features, Tensor? mirrored, Tensor targets, Tensor weights, bool areSeveral)
{
    /// <summary>The numbers of all rows.</summary>
    public Tensor All { get; } = arange(targets.shape[0], ScalarType.Int64);

    /// <summary>
    /// How much the rows that have a label count beside those that have not, [K], float64; null: as much. Not of what is right.
    /// </summary>
    public Tensor? PositiveWeights { get; init; }

    /// <summary>1 for rows that have a label and 0 for others, [N], float64: of these no answer is right or wrong.</summary>
    public required Tensor Labelled { get; init; }

    /// <summary>The sum of all weights.</summary>
    public double TotalWeight { get; } = weights.sum().item<double>();

    /// <summary>That of the rows that have a label.</summary>
    public double LabelledWeight => (weights * Labelled).sum().item<double>();

    /// <summary>Number of rows without a label.</summary>
    public int UnlabelledCount => (int)(Labelled.numel() - Labelled.sum().item<double>());

    /// <summary>
    /// Divides the rows by turns within each class, of several labels within that which the fewest rows have; parts without rows are left
    /// out.
    /// </summary>
    public IReadOnlyList<(Tensor Learnt, Tensor Held)> DivideByTurns(int count)
    {
        // The last one is of rows without a label, and of those of which nothing is probable.
        var seen = new int[targets.shape[1] + 1];
        var parts = RarestLabels().Select((label, row) => (Row: (long)row, Part: seen[label]++ % count)).ToList();
        return
        [
            .. Enumerable.Range(0, count)
                .Select(part => (Learnt: Rows(parts.Where(row => row.Part != part)), Held: Rows(parts.Where(row => row.Part == part))))
                .Where(fold => fold.Learnt.numel() > 0 && fold.Held.numel() > 0),
        ];

        static Tensor Rows(IEnumerable<(long Row, int Part)> rows) => tensor(rows.Select(row => row.Row).ToArray(), ScalarType.Int64);
    }

    /// <summary>A regression of some rows; the caller disposes it.</summary>
    public LogisticRegression Regression(Tensor rows, bool withMirrored)
    {
        using var scope = NewDisposeScope();
        Tensor[] sets = withMirrored ? [features, mirrored!] : [features];
        return new(
            cat([.. sets.Select(set => set.index_select(0, rows))], 0),
            cat([.. sets.Select(_ => targets.index_select(0, rows))], 0),
            cat([.. sets.Select(_ => weights.index_select(0, rows))], 0),
            areSeveral,
            PositiveWeights);
    }

    /// <summary>
    /// The weighted sums of the cross entropy, and of the rows that have a label and are right, for rows as they are; of several labels, a
    /// row has the mean over the classes.
    /// </summary>
    public (double Loss, double Correct) Score(Tensor rows, Tensor weight, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var logits = nn.functional.linear(features.index_select(0, rows).to(ScalarType.Float64), weight, bias);
        var (wanted, rowWeights) = (targets.index_select(0, rows), weights.index_select(0, rows));
        var losses = areSeveral
            ? nn.functional.binary_cross_entropy_with_logits(
                logits, wanted, reduction: nn.Reduction.None, pos_weights: PositiveWeights).mean([1])
            : Divergences.CrossEntropy(wanted, Divergences.LogSoftmax(logits));
        var correct = areSeveral
            ? logits.ge(0).to(ScalarType.Float64).eq(wanted).to(ScalarType.Float64).mean([1])
            : logits.argmax(1).eq(wanted.argmax(1)).to(ScalarType.Float64);
        var counted = rowWeights * Labelled.index_select(0, rows);
        return ((losses * rowWeights).sum().item<double>(), (correct * counted).sum().item<double>());
    }

    private IEnumerable<int> RarestLabels()
    {
        var classCount = (int)targets.shape[1];
        var (values, counts) = (targets.data<double>().ToArray(), targets.sum([0L]).data<double>().ToArray());
        return Enumerable.Range(0, (int)targets.shape[0]).Select(row => Enumerable.Range(0, classCount)
            .Where(label => values[row * classCount + label] >= 0.5)
            .OrderBy(label => counts[label]).FirstOrDefault(classCount));
    }
}
