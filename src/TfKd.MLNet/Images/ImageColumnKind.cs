using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// One kind of column that images may come in: which types are of it, how its rows are read, what messages call it, and what a chain of
/// ML.NET's own transformers needs for it. A type is of one kind or of none; the kinds that there are stand in
/// <see cref="ImageColumn.Kinds"/>.
/// </summary>
internal abstract class ImageColumnKind
{
    /// <summary>What messages call it.</summary>
    public abstract string Name { get; }

    /// <summary>What the portable chain needs; null where ML.NET has no transformer that reads such a column.</summary>
    public virtual PortableImages? Portable => null;

    /// <summary>Whether a column of data is of this kind.</summary>
    public abstract bool Accepts(DataViewType type);

    /// <summary>Whether a column may be of this kind, before there are data: sizes are not known then.</summary>
    public abstract bool Accepts(SchemaShape.Column column);

    /// <summary>
    /// Refuses a column of this kind whose rows cannot be images of the shape: here, where images are decoded, for its channels.
    /// </summary>
    /// <exception cref="ArgumentException">Of such a column there are no images of the shape.</exception>
    public virtual void Check(DataViewSchema.Column column, ImageShape shape)
    {
        if (shape.Channels is not (1 or 3))
        {
            throw new ArgumentException(
                $"Image column '{column.Name}' is {ColumnTypes.Describe(column.Type)}, of which images of 1 (grey) or 3 (RGB) channels " +
                $"are made; the network takes {shape}. Give it pixels of its own size, as a vector of floats, or another InputShape.");
        }
    }

    /// <summary>Opens a reader of the row's image.</summary>
    /// <param name="row">Where the column is active, and best those of <see cref="ImageColumn.WithPath"/>.</param>
    /// <param name="column">A column that is of this kind.</param>
    /// <param name="shape">The shape of the block's rows.</param>
    public abstract ImageColumnReader Open(DataViewRow row, DataViewSchema.Column column, ImageShape shape);
}
