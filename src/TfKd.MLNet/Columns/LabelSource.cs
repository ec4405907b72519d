using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The label column of some rows: one label a row, or any number of them.</summary>
internal abstract class LabelSource
{
    private LabelSource(DataViewSchema.Column column) => Column = column;

    public DataViewSchema.Column Column { get; }

    /// <summary>The label column of data.</summary>
    /// <param name="schema">The schema of the data.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="several">That a row may have several labels; null: it has one.</param>
    /// <exception cref="ArgumentException">The column is missing, or of another type.</exception>
    public static LabelSource Find(DataViewSchema schema, string name, MultipleLabels? several) => several is null
        ? new OfOne(LabelColumn.Find(schema, name))
        : new OfSeveral(LabelSetColumn.Find(schema, name, several.Separator));

    /// <summary>The classes that the column knows; where it says none, those of all rows.</summary>
    public abstract ClassKeys ReadClasses(IDataView data);

    /// <summary>Reads the label of the cursor's row.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="classNames">The classes, in the order of the labels.</param>
    public abstract Func<RowLabel> Open(DataViewRow row, IReadOnlyList<string> classNames);

    private sealed class OfOne(DataViewSchema.Column column) : LabelSource(column)
    {
        public override ClassKeys ReadClasses(IDataView data) => ClassKeys.FromLabel(Column);

        public override Func<RowLabel> Open(DataViewRow row, IReadOnlyList<string> classNames)
        {
            var get = RowCursorUtils.GetLabelGetter(row, Column.Index);
            return () =>
            {
                var value = float.NaN;
                get(ref value);
                return float.IsNaN(value) ? RowLabel.None : new((int)value);
            };
        }
    }

    private sealed class OfSeveral(LabelSetColumn labels) : LabelSource(labels.Column)
    {
        public override ClassKeys ReadClasses(IDataView data) => labels.ReadClasses(data);

        public override Func<RowLabel> Open(DataViewRow row, IReadOnlyList<string> classNames)
        {
            var get = labels.Open(row, classNames);
            return () => get() is { } found ? new(Targets.Several, found) : RowLabel.None;
        }
    }
}
