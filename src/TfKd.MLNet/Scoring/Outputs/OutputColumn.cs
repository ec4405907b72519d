using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>A column that a transformer adds to its input: its type, before there are data and with them, and how it is read.</summary>
internal abstract class OutputColumn(string name)
{
    public string Name => name;

    /// <summary>What the scorer must compute for it.</summary>
    public abstract ScorerOutputs Needs { get; }

    /// <summary>The column before there are data.</summary>
    /// <param name="label">The label column that the classes will come of.</param>
    public abstract SchemaShape.Column ToShape(SchemaShape.Column label);

    /// <summary>Appends the column to a schema.</summary>
    /// <param name="schema">The schema under construction.</param>
    /// <param name="scoring">What the model is.</param>
    /// <param name="setId">What tells this transformer's outputs from those of others.</param>
    public abstract void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId);

    /// <summary>A ValueGetter of the column's type for the slot of the block that <paramref name="current"/> names when it is called.
    /// </summary>
    public abstract Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current);

    /// <summary>A vector before there are data.</summary>
    protected SchemaShape.Column VectorShape(DataViewType itemType, params IEnumerable<SchemaShape.Column> annotations) =>
        new(Name, SchemaShape.Column.VectorKind.Vector, itemType, false, new SchemaShape(annotations));
}
