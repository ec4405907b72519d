using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Reads columns that hold pixels of the network's own size, as ExtractPixels writes them: planar, or interleaved.</summary>
internal sealed class PixelReader<T>(DataViewRow row, DataViewSchema.Column column, VectorDataViewType type, ImageShape shape, Converter<T, byte> toByte)
    : ImageColumnReader(row, column)
{
    private readonly ValueGetter<VBuffer<T>> _getter = row.GetGetter<VBuffer<T>>(column);
    private readonly bool _isInterleaved = ImageColumn.IsInterleaved(type, shape);
    private readonly byte[] _pixels = new byte[shape.ByteCount];
    private VBuffer<T> _values;

    private protected override void Add(DecodeBlock block)
    {
        _getter(ref _values);
        if (_values.Length != shape.ByteCount)
            throw new ImageDecodingException($"The row has {_values.Length} pixel values; the network takes {shape}.");
        var plane = shape.Height * shape.Width;
        // A sparse vector lists what is not zero.
        Array.Clear(_pixels);
        foreach (var (index, value) in _values.Items())
            _pixels[_isInterleaved ? index % shape.Channels * plane + index / shape.Channels : index] = toByte(value);
        _pixels.CopyTo(block.AddPixels());
    }
}
