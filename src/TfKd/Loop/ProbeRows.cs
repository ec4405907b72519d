using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The rows that a head is fitted to, as features. The tensors belong to the caller's dispose scope.</summary>
/// <param name="features">[N,D], of the rows as they are.</param>
/// <param name="mirrored">[N,D], of the rows mirrored; null: not known.</param>
/// <param name="labels">[N], int64.</param>
/// <param name="weights">[N], float64.</param>
/// <param name="classCount">Number of classes K.</param>
internal sealed class ProbeRows(Tensor features, Tensor? mirrored, Tensor labels, Tensor weights, int classCount)
{
    /// <summary>The numbers of all rows.</summary>
    public Tensor All { get; } = arange(labels.shape[0], ScalarType.Int64);

    /// <summary>The sum of all weights.</summary>
    public double TotalWeight { get; } = weights.sum().item<double>();

    /// <summary>Divides the rows by turns within each class; parts without rows are left out.</summary>
    public IReadOnlyList<(Tensor Learnt, Tensor Held)> DivideByTurns(int count)
    {
        var seen = new int[classCount];
        var parts = labels.data<long>().ToArray().Select((label, row) => (Row: (long)row, Part: seen[label]++ % count)).ToList();
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
            cat([.. sets.Select(_ => labels.index_select(0, rows))], 0),
            cat([.. sets.Select(_ => weights.index_select(0, rows))], 0),
            classCount);
    }

    /// <summary>The weighted sums of the cross entropy, and of the rows that are right, for rows as they are.</summary>
    public (double Loss, double Correct) Score(Tensor rows, Tensor weight, Tensor bias)
    {
        using var scope = NewDisposeScope();
        var logits = features.index_select(0, rows).to(ScalarType.Float64).matmul(weight.t()) + bias;
        var (targets, rowWeights) = (labels.index_select(0, rows), weights.index_select(0, rows));
        var losses = nn.functional.cross_entropy(logits, targets, reduction: nn.Reduction.None);
        var correct = logits.argmax(1).eq(targets).to(ScalarType.Float64);
        return ((losses * rowWeights).sum().item<double>(), (correct * rowWeights).sum().item<double>());
    }
}
