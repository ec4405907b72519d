using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What a head is fitted to: the labels of rows and, for a row that has none, the probabilities that a teacher gives.</summary>
/// <param name="source">The rows.</param>
/// <param name="network">Whose head it is; the teacher computes by its kernels.</param>
/// <param name="teacher">Answers for rows without a label; null: all have one.</param>
internal sealed class ProbeTargets(IImageSource source, ImageNetwork network, Teacher? teacher)
{
    private readonly bool _areSeveral = LabelSets.AreIn(source);

    /// <summary>The targets, [N,K], float64; they belong to the caller's dispose scope.</summary>
    /// <param name="batchSize">Rows that the teacher is asked about at once.</param>
    /// <param name="token">Stops between batches.</param>
    /// <exception cref="InvalidOperationException">The teacher's answer is not finite.</exception>
    public Tensor Compute(int batchSize, CancellationToken token)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var targets = OfLabels();
        int[] unlabelled = [.. Enumerable.Range(0, source.Count).Where(row => source.GetLabel(row) == Targets.Unlabelled)];
        if (teacher is not null && unlabelled.Length > 0)
        {
            foreach (var loaded in new BatchLoader(new SourceSubset(source, unlabelled), batchSize).ReadInOrder(token))
            {
                using (loaded)
                using (NewDisposeScope())
                    Answer(loaded, [.. loaded.RowIds.Select(row => unlabelled[row])], targets);
            }
        }

        return targets.MoveToOuterDisposeScope();
    }

    private Tensor OfLabels()
    {
        int[] rows = [.. Enumerable.Range(0, source.Count)];
        var targets = _areSeveral
            ? tensor(LabelSets.Indicators(source, rows), device: CPU).view(source.Count, network.ClassCount)
            : nn.functional.one_hot(
                tensor(rows.Select(row => (long)Math.Max(source.GetLabel(row), 0)).ToArray(), device: CPU), network.ClassCount);
        return targets.to(ScalarType.Float64);
    }

    private void Answer(LoadedBatch loaded, int[] rows, Tensor targets)
    {
        using var kernels = network.PathOf(rows.Length).Enter();
        var batch = loaded.Unaugmented(
            network.Device, network.ClassCount, labelScale: 1, teacher!.KnowsTrainingRowsOnly ? rows : []);
        var logits = teacher.Teach(batch).Logits.cpu().to(ScalarType.Float64);
        var answers = _areSeveral ? logits.sigmoid() : logits.softmax(1);
        if (!answers.isfinite().all().item<bool>())
            throw new InvalidOperationException("The teacher's answer to a sample without a label is not finite; expected logits.");
        targets.index_copy_(0, tensor(rows.Select(row => (long)row).ToArray(), device: CPU), answers);
    }
}
