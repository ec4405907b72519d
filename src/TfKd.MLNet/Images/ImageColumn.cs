using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The image column of the data at hand: which it is, and of what kind.</summary>
internal sealed class ImageColumn
{
    // The text column that tells, where there is one, which file a row's bytes came from; LoadImagesFromFolder names it so.
    public const string PathColumnName = "ImagePath";

    private readonly ImageColumnKind _kind;
    private readonly ImageShape _shape;

    private ImageColumn(DataViewSchema.Column column, ImageColumnKind kind, ImageShape shape) =>
        (Column, _kind, _shape) = (column, kind, shape);

    /// <summary>All that may be an image, in the order that messages name them in.</summary>
    public static IReadOnlyList<ImageColumnKind> Kinds { get; } =
        [new EncodedColumn(), new PathColumn(), new MLImageColumn(), new PixelColumn()];

    public DataViewSchema.Column Column { get; }

    /// <exception cref="ArgumentException">The column is missing, or of a type or size that is no image of the shape.</exception>
    public static ImageColumn Find(DataViewSchema schema, string name, ImageShape shape)
    {
        var column = SchemaColumns.Find(schema, "Image", name);
        var kind = Kinds.SingleOrDefault(kind => kind.Accepts(column.Type)) ?? throw NoImage(name, ColumnTypes.Describe(column.Type));
        kind.Check(column, shape);
        return new ImageColumn(column, kind, shape);
    }

    /// <exception cref="ArgumentException">The column is missing, or of a type that is no image.</exception>
    public static void Check(SchemaShape schema, string name)
    {
        var column = SchemaColumns.Find(schema, "Image", name);
        if (!Kinds.Any(kind => kind.Accepts(column)))
            throw NoImage(name, ColumnTypes.Describe(column));
    }

    /// <summary>The columns to read for the image: itself, and the path that a message about it would name.</summary>
    public static IEnumerable<DataViewSchema.Column> WithPath(DataViewSchema.Column image, DataViewSchema schema) =>
        PathOf(schema) is { } path && path.Index != image.Index ? [image, path] : [image];

    /// <summary>The column that tells which file a row's image came from, if there is one.</summary>
    public static DataViewSchema.Column? PathOf(DataViewSchema schema) =>
        schema.GetColumnOrNull(PathColumnName) is { Type: TextDataViewType } path ? path : null;

    /// <summary>Opens a reader of the images; in the row the column is active, and best those of <see cref="WithPath"/>.</summary>
    public ImageColumnReader Open(DataViewRow row) => _kind.Open(row, Column, _shape);

    private static ArgumentException NoImage(string name, string type)
    {
        var names = Kinds.Select(kind => kind.Name).ToArray();
        return new($"Image column '{name}' is {type}; expected {string.Join(", ", names[..^1])}, or {names[^1]}.");
    }
}
