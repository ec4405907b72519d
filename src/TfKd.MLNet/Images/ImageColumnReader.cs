using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet;

/// <summary>Reads the image of the row that a cursor stands on into a block. For one thread, as the cursor itself.</summary>
internal abstract class ImageColumnReader : IDisposable
{
    private readonly DataViewSchema.Column _column;
    private readonly ValueGetter<ReadOnlyMemory<char>>? _path;

    private protected ImageColumnReader(DataViewRow row, DataViewSchema.Column column)
    {
        _column = column;
        if (ImageColumn.PathOf(row.Schema) is { } path && row.IsColumnActive(path))
            _path = row.GetGetter<ReadOnlyMemory<char>>(path);
    }

    /// <summary>Opens the reader that the column's type asks for.</summary>
    /// <param name="row">Where the image column is active, and best those of <see cref="ImageColumn.WithPath"/>.</param>
    /// <param name="column">A column that <see cref="ImageColumn"/> has accepted.</param>
    /// <param name="shape">The shape of the block's rows.</param>
    public static ImageColumnReader Open(DataViewRow row, DataViewSchema.Column column, ImageShape shape) => column.Type switch
    {
        TextDataViewType => new PathReader(row, column),
        ImageDataViewType => new MLImageReader(row, column, shape),
        VectorDataViewType vector when !ImageColumn.IsPixels(vector) => new EncodedReader(row, column),
        VectorDataViewType { ItemType.RawType: var item } vector when item == typeof(byte) => new PixelReader<byte>(row, column, vector, shape, (values, pixels) => values.CopyTo(pixels)),
        VectorDataViewType vector => new PixelReader<float>(row, column, vector, shape, ToBytes),
        _ => throw new ArgumentException($"Image column '{column.Name}' is {ColumnTypes.Describe(column.Type)}.", nameof(column)),
    };

    /// <summary>Adds the row's image to the block; an image that cannot be read is added as an error.</summary>
    public void AddTo(DecodeBlock block)
    {
        try
        {
            Add(block);
        }
        catch (ImageDecodingException exception)
        {
            block.AddError(exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            block.AddError(new ImageDecodingException($"The file cannot be read: {exception.Message}", exception));
        }
    }

    /// <summary>The file that the row's image came from; empty where that is not known.</summary>
    public virtual ReadOnlyMemory<char> ReadPath()
    {
        ReadOnlyMemory<char> path = default;
        _path?.Invoke(ref path);
        return path;
    }

    /// <summary>The error of a row, with all that is known of where it came from.</summary>
    public ImageDecodingException Describe(long row, ReadOnlyMemory<char> path, Exception reason) =>
        new($"Row {row}: the image in column '{_column.Name}'{(path.IsEmpty ? "" : $", from '{path}',")} cannot be used. {reason.Message}", reason);

    public virtual void Dispose()
    {
    }

    /// <summary>Adds the row's image, or throws before anything was added: an <see cref="ImageDecodingException"/>, or what reading a file throws.</summary>
    private protected abstract void Add(DecodeBlock block);

    private static void ToBytes(ReadOnlySpan<float> values, Span<byte> pixels)
    {
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is not (>= 0 and <= 255))
                throw new ImageDecodingException($"A pixel is {values[i]}; expected 0 to 255: leave offsetImage and scaleImage of ExtractPixels at their defaults.");
            pixels[i] = (byte)MathF.Round(values[i]);
        }
    }

    private sealed class EncodedReader(DataViewRow row, DataViewSchema.Column column) : ImageColumnReader(row, column)
    {
        private readonly ValueGetter<VBuffer<byte>> _getter = row.GetGetter<VBuffer<byte>>(column);
        private VBuffer<byte> _bytes;

        private protected override void Add(DecodeBlock block)
        {
            _getter(ref _bytes);
            if (_bytes.IsDense)
                block.AddEncoded(_bytes.GetValues());
            else
                block.AddEncoded([.. _bytes.DenseValues()]);
        }
    }

    private sealed class PathReader(DataViewRow row, DataViewSchema.Column column) : ImageColumnReader(row, column)
    {
        private readonly ValueGetter<ReadOnlyMemory<char>> _getter = row.GetGetter<ReadOnlyMemory<char>>(column);

        public override ReadOnlyMemory<char> ReadPath()
        {
            ReadOnlyMemory<char> path = default;
            _getter(ref path);
            return path;
        }

        private protected override void Add(DecodeBlock block)
        {
            var path = ReadPath().ToString();
            if (path.Length == 0)
                throw new ImageDecodingException("The path is empty.");
            block.AddFile(path);
        }
    }
}
