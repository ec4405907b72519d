using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>The transformed data: rows are read ahead and scored in blocks.</summary>
internal sealed class BatchedView(IDataView input, ScoringContext scoring) : IDataView
{
    public DataViewSchema Schema { get; } = scoring.GetOutputSchema(input.Schema);

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.Select(column => column.Index).ToHashSet();
        return new BatchedCursor(input.GetRowCursor(scoring.DependenciesOf(input.Schema, active), rand), Schema, scoring, active);
    }

    /// <summary>One cursor: decoding and scoring a block use all cores by themselves.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}
