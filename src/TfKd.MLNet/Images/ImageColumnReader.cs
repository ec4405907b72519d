using Microsoft.ML;

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
        catch (Exception exception) when (exception is not (OperationCanceledException or ObjectDisposedException))
        {
            block.AddError(new ImageDecodingException($"The image cannot be read: {exception.Message}", exception));
        }
    }

    /// <summary>Whether the images are the files of <see cref="ReadPath"/>, so that they can be read again.</summary>
    public virtual bool ReadsFiles => false;

    /// <summary>The file that the row's image came from; empty where that is not known.</summary>
    public virtual ReadOnlyMemory<char> ReadPath()
    {
        ReadOnlyMemory<char> path = default;
        _path?.Invoke(ref path);
        return path;
    }

    /// <summary>
    /// The error of a row, with all that is known of where it came from. It is the innermost one, as ML.NET puts others around it, and
    /// <see cref="Exception.GetBaseException"/> is what users ask for then.
    /// </summary>
    public ImageDecodingException Describe(long row, ReadOnlyMemory<char> path, Exception reason) =>
        new($"Row {row}: the image in column '{_column.Name}'{(path.IsEmpty ? "" : $", from '{path}',")} cannot be used. {reason.Message}")
        {
            OfFile = path.IsEmpty ? null : $"The photo '{path}' cannot be used. {reason.Message}",
        };

    public virtual void Dispose()
    {
    }

    /// <summary>Whether a column has the files that the images came from.</summary>
    private protected bool HasPath => _path is not null;

    /// <summary>
    /// Adds the row's image, or throws before anything was added: an <see cref="ImageDecodingException"/>, or what reading a file throws.
    /// </summary>
    private protected abstract void Add(DecodeBlock block);
}
