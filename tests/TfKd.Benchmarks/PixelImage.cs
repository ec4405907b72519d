using Microsoft.ML.Data;

namespace TfKd.Benchmarks;

/// <summary>A row as pixels, which is how a data set of pixels comes to ML.NET.</summary>
internal sealed class PixelImage
{
    public float[] Pixels { get; private init; } = [];

    public int Label { get; private init; }

    /// <summary>The rows of a source.</summary>
    public static IEnumerable<PixelImage> Of(DecodedCache rows)
    {
        var pixels = new byte[rows.Shape.ByteCount];
        for (var row = 0; row < rows.Count; row++)
        {
            rows.ReadPixels(row, pixels);
            yield return new PixelImage { Pixels = Array.ConvertAll(pixels, value => (float)value), Label = rows.GetLabel(row) };
        }
    }

    public static SchemaDefinition Schema(ImageShape shape)
    {
        var schema = SchemaDefinition.Create(typeof(PixelImage));
        schema[nameof(Pixels)].ColumnType = new VectorDataViewType(
            NumberDataViewType.Single, shape.Channels, shape.Height, shape.Width);
        schema[nameof(Pixels)].ColumnName = "Image";
        return schema;
    }
}
