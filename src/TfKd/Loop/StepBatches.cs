namespace TfKd;

/// <summary>The batches whose gradients add up to those of one step. It owns them.</summary>
/// <param name="Batches">The batches, one at least.</param>
internal sealed record StepBatches(IReadOnlyList<LoadedBatch> Batches) : IDisposable
{
    /// <summary>Number of rows of all batches, in all processes of the run.</summary>
    public int Rows => Batches.Sum(batch => batch.TotalRows);

    /// <summary>
    /// How much a batch counts in the step: its share of the rows, so that the mean over the step's rows is the sum of the batches' means.
    /// </summary>
    public double ShareOf(LoadedBatch batch) => (double)batch.RowIds.Count / Rows;

    /// <summary>Divides batches into steps; the last has what is left.</summary>
    /// <param name="batches">The batches, which are the steps' from here on.</param>
    /// <param name="count">Batches a step.</param>
    public static IEnumerable<StepBatches> Group(IEnumerable<LoadedBatch> batches, int count)
    {
        List<LoadedBatch> gathered = [];
        try
        {
            foreach (var batch in batches)
            {
                gathered.Add(batch);
                if (gathered.Count < count)
                    continue;
                (var step, gathered) = (new StepBatches(gathered), []);
                yield return step;
            }

            if (gathered.Count == 0)
                yield break;
            (var last, gathered) = (new StepBatches(gathered), []);
            yield return last;
        }
        finally
        {
            // Those of a step that did not come about: the run was broken off.
            foreach (var batch in gathered)
                batch.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var batch in Batches)
            batch.Dispose();
    }
}
