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
    /// <param name="set">What messages call the rows; null: there are no others.</param>
    /// <exception cref="ArgumentException">The column is missing, or of another type.</exception>
    public static LabelSource Find(DataViewSchema schema, string name, MultipleLabels? several, string? set = null) => several is null
        ? new OfOne(LabelColumn.Find(schema, name))
        : new OfSeveral(LabelSetColumn.Find(schema, name, several.Separator, set, several.Advice));

    /// <summary>The classes that the column knows; where it says none, those of all rows.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="warn">Is told of classes that look wrong.</param>
    public abstract ClassKeys ReadClasses(IDataView data, Action<string> warn);

    /// <summary>Refuses rows that Fit would refuse when their images are decoded already.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="classNames">The classes of the training rows.</param>
    public abstract void Check(IDataView data, IReadOnlyList<string> classNames);

    /// <summary>Reads the label of the cursor's row.</summary>
    /// <param name="row">The cursor.</param>
    /// <param name="classNames">The classes, in the order of the labels.</param>
    public abstract Func<RowLabel> Open(DataViewRow row, IReadOnlyList<string> classNames);

    private sealed class OfOne(DataViewSchema.Column column) : LabelSource(column)
    {
        public override ClassKeys ReadClasses(IDataView data, Action<string> warn) => ClassKeys.FromLabel(Column);

        public override void Check(IDataView data, IReadOnlyList<string> classNames) =>
            PlanValidation.RequireSameClasses(ClassKeys.FromLabel(Column).Names, classNames);

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
        public override ClassKeys ReadClasses(IDataView data, Action<string> warn) => labels.ReadClasses(data, warn);

        public override void Check(IDataView data, IReadOnlyList<string> classNames)
        {
            using var cursor = data.GetRowCursor([Column]);
            var get = labels.Open(cursor, classNames);
            while (cursor.MoveNext())
                get();
        }

        public override Func<RowLabel> Open(DataViewRow row, IReadOnlyList<string> classNames)
        {
            var get = labels.Open(row, classNames);
            return () => get() is { } found ? new(Targets.Several, found) : RowLabel.None;
        }
    }
}
