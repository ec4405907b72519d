using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// Pixels of the network's own size, as ExtractPixels writes them: floats from 0 to 255, or bytes, planar or interleaved.
/// </summary>
internal sealed class PixelColumn : ImageColumnKind
{
    public override string Name => "a known-size float vector";

    /// <summary>Floats of known size are pixels; bytes are, where their dimensions say so: those of a file have no more than one.</summary>
    public static bool IsPixels(VectorDataViewType type) => type.IsKnownSize
        && (type.ItemType == NumberDataViewType.Single || (type.ItemType == NumberDataViewType.Byte && type.Dimensions.Length == 3));

    public override bool Accepts(DataViewType type) => type is VectorDataViewType vector && IsPixels(vector);

    public override bool Accepts(SchemaShape.Column column) => !column.IsKey && column.Kind == SchemaShape.Column.VectorKind.Vector
        && (column.ItemType == NumberDataViewType.Byte || column.ItemType == NumberDataViewType.Single);

    public override void Check(DataViewSchema.Column column, ImageShape shape)
    {
        if (!HasSize((VectorDataViewType)column.Type, shape))
        {
            throw new ArgumentException(
                $"Image column '{column.Name}' is {ColumnTypes.Describe(column.Type)}; the network takes {shape}. Put ResizeImages " +
                "before ExtractPixels, or set the size of the network's input.");
        }
    }

    public override ImageColumnReader Open(DataViewRow row, DataViewSchema.Column column, ImageShape shape)
    {
        var type = (VectorDataViewType)column.Type;
        var isInterleaved = IsInterleaved(type, shape);
        return type.ItemType == NumberDataViewType.Byte
            ? new PixelReader<byte>(row, column, shape, isInterleaved, (values, pixels) => values.CopyTo(pixels))
            : new PixelReader<float>(row, column, shape, isInterleaved, ToBytes);
    }

    private static bool HasSize(VectorDataViewType type, ImageShape shape) => type.Dimensions.Length == 3
        ? IsInterleaved(type, shape) || type.Dimensions.SequenceEqual([shape.Channels, shape.Height, shape.Width])
        : type.Size == shape.ByteCount;

    // ExtractPixels puts the channels last where it interleaves the colours.
    private static bool IsInterleaved(VectorDataViewType type, ImageShape shape) =>
        type.Dimensions.SequenceEqual([shape.Height, shape.Width, shape.Channels])
        && !type.Dimensions.SequenceEqual([shape.Channels, shape.Height, shape.Width]);

    private static void ToBytes(ReadOnlySpan<float> values, Span<byte> pixels)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is not (>= 0 and <= 255))
            {
                throw new ImageDecodingException(
                    $"A pixel is {values[i]}; expected 0 to 255: leave offsetImage and scaleImage of ExtractPixels at their defaults.");
            }

            pixels[i] = (byte)MathF.Round(values[i]);
        }
    }
}
