using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet;

/// <summary>What may be an image: encoded bytes, a path, an MLImage, or pixels as a vector of known size.</summary>
internal static class ImageColumn
{
    // The text column that tells, where there is one, which file a row's bytes came from; LoadImagesFromFolder names it so.
    public const string PathColumnName = "ImagePath";

    /// <exception cref="ArgumentException">The column is missing, or of a type or size that is no image of the shape.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name, ImageShape shape)
    {
        var column = schema.GetColumnOrNull(name) ?? throw ColumnTypes.Missing("Image", name, schema.Select(column => column.Name));
        switch (column.Type)
        {
            case TextDataViewType or ImageDataViewType:
                return column;
            case VectorDataViewType vector when IsPixels(vector):
                return HasSize(vector, shape)
                    ? column
                    : throw new ArgumentException($"Image column '{name}' is {ColumnTypes.Describe(vector)}; the network takes {shape}. Put ResizeImages before ExtractPixels, or set the size of the network's input.");
            case VectorDataViewType { ItemType.RawType: var item } when item == typeof(byte):
                return column;
            default:
                throw NoImage(name, ColumnTypes.Describe(column.Type));
        }
    }

    /// <exception cref="ArgumentException">The column is missing, or of a type that is no image.</exception>
    public static SchemaShape.Column Find(SchemaShape schema, string name)
    {
        var column = schema.FirstOrDefault(column => column.Name == name);
        if (column.Name is null)
            throw ColumnTypes.Missing("Image", name, schema.Select(column => column.Name));
        var isImage = column.Kind switch
        {
            SchemaShape.Column.VectorKind.Scalar => !column.IsKey && column.ItemType is TextDataViewType or ImageDataViewType,
            SchemaShape.Column.VectorKind.Vector => !column.IsKey && (column.ItemType == NumberDataViewType.Byte || column.ItemType == NumberDataViewType.Single),
            _ => !column.IsKey && column.ItemType == NumberDataViewType.Byte,
        };
        return isImage ? column : throw NoImage(name, ColumnTypes.Describe(column));
    }

    /// <summary>The columns to read for the image: itself, and the path that a message about it would name.</summary>
    public static IEnumerable<DataViewSchema.Column> WithPath(DataViewSchema.Column image, DataViewSchema schema) =>
        PathOf(schema) is { } path && path.Index != image.Index ? [image, path] : [image];

    /// <summary>The column that tells which file a row's image came from, if there is one.</summary>
    public static DataViewSchema.Column? PathOf(DataViewSchema schema) =>
        schema.GetColumnOrNull(PathColumnName) is { Type: TextDataViewType } path ? path : null;

    /// <summary>Floats of known size are pixels; bytes are, where their dimensions say so: those of a file have no more than one.</summary>
    public static bool IsPixels(VectorDataViewType type) =>
        type.IsKnownSize && (type.ItemType == NumberDataViewType.Single || (type.ItemType == NumberDataViewType.Byte && type.Dimensions.Length == 3));

    /// <summary>ExtractPixels puts the channels last where it interleaves the colours.</summary>
    public static bool IsInterleaved(VectorDataViewType type, ImageShape shape) =>
        type.Dimensions.SequenceEqual([shape.Height, shape.Width, shape.Channels]) && !type.Dimensions.SequenceEqual([shape.Channels, shape.Height, shape.Width]);

    private static bool HasSize(VectorDataViewType type, ImageShape shape) => type.Dimensions.Length == 3
        ? IsInterleaved(type, shape) || type.Dimensions.SequenceEqual([shape.Channels, shape.Height, shape.Width])
        : type.Size == shape.ByteCount;

    private static ArgumentException NoImage(string name, string type) =>
        new($"Image column '{name}' is {type}; expected encoded bytes, text path, MLImage, or a known-size float vector.");
}
