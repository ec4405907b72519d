using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Turns values of a pixel column into bytes, as many as there is room for.</summary>
/// <exception cref="ImageDecodingException">A value is no pixel.</exception>
internal delegate void PixelConversion<T>(ReadOnlySpan<T> values, Span<byte> pixels);

/// <summary>Reads columns that hold pixels of the network's own size, as ExtractPixels writes them: planar, or interleaved.</summary>
internal sealed class PixelReader<T>(
    DataViewRow row, DataViewSchema.Column column, ImageShape shape, bool isInterleaved, PixelConversion<T> convert)
    : ImageColumnReader(row, column)
{
    private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);
    private readonly byte[] _pixels = new byte[shape.ByteCount];
    private VBuffer<T> _values;

    private protected override void Add(DecodeBlock block)
    {
        _getter(ref _values);
        if (_values.Length != shape.ByteCount)
            throw new ImageDecodingException($"The row has {_values.Length} pixel values; the network takes {shape}.");
        var values = _values.GetValues();
        convert(values, _pixels);
        // Converted before the row is added: a value that is no pixel must not leave half a row.
        if (_values.IsDense && !isInterleaved)
            _pixels.CopyTo(block.AddPixels());
        else
            Arrange(_pixels.AsSpan(0, values.Length), block.AddPixels());
    }

    private void Arrange(ReadOnlySpan<byte> pixels, Span<byte> target)
    {
        var plane = shape.Height * shape.Width;
        // A sparse vector lists what is not zero.
        target.Clear();
        var indices = _values.GetIndices();
        for (var i = 0; i < pixels.Length; i++)
        {
            var index = _values.IsDense ? i : indices[i];
            target[isInterleaved ? index % shape.Channels * plane + index / shape.Channels : index] = pixels[i];
        }
    }
}
