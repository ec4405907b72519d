namespace TfKd.MLNet;

/// <summary>
/// Classifies photos with a model that <c>mlContext.Model.Save</c> wrote, for programs that have photos and no <c>IDataView</c>: web
/// services, most of all. Safe to use from any number of threads, which share one network. Needs no libtorch. Scores and labels are those
/// of the <see cref="TorchImageClassificationTransformer"/> in the file; what a pipeline does behind it is left out. Photos are turned
/// upright as their EXIF data say, as for columns of bytes and paths; a pipeline with <c>LoadImages</c> before it leaves them as they lie.
/// </summary>
public sealed class ImageClassifier : IDisposable
{
    private readonly string _path;
    private readonly ImageClassifierOptions _options;
    private readonly Lock _replacing = new();
    private volatile LoadedClassifier _current;
    private FileStamp? _seen;
    private FileStamp? _warned;
    private long _lastCheck;
    private int _isChecking;
    private bool _isDisposed;

    /// <param name="path">The file, as <c>mlContext.Model.Save</c> writes it: the transformer alone, or in a pipeline.</param>
    /// <param name="options">How the file is looked after. Default null: it is read once.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// ML.NET cannot load the file; or it does not have exactly one <see cref="TorchImageClassificationTransformer"/>; or something in the
    /// pipeline changes images before that, which would be left out.
    /// </exception>
    public ImageClassifier(string path, ImageClassifierOptions? options = null)
    {
        // Against changes of the current folder.
        _path = Path.GetFullPath(Require.Name(path));
        _options = options ?? new ImageClassifierOptions();
        _current = LoadedClassifier.Load(_path);
        _seen = _current.Stamp;
        _lastCheck = _options.Clock.GetTimestamp();
    }

    /// <summary>The model that predicts now.</summary>
    public TorchImageClassificationModel Model => _current.Model;

    /// <summary>Its classes, in the order of the scores.</summary>
    public IReadOnlyList<string> ClassNames => Model.ClassNames;

    /// <summary>The latest time that a new file was loaded.</summary>
    internal Task Reloading { get; private set; } = Task.CompletedTask;

    /// <summary>Classifies one photo.</summary>
    /// <param name="image">The content of an image file: JPEG, PNG, WebP, GIF or BMP.</param>
    /// <exception cref="ImageDecodingException">It is no image, not a whole one, or beyond a limit (<see cref="ImageLimits"/>).</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public ImagePrediction Predict(ReadOnlyMemory<byte> image) => Predict([image])[0];

    /// <summary>Classifies the photo in a file.</summary>
    /// <param name="path">The image file.</param>
    /// <exception cref="ImageDecodingException">It is no image, or not a whole one, or beyond a limit.</exception>
    /// <exception cref="IOException">The file is missing, or cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public ImagePrediction PredictFile(string path)
    {
        Require.Name(path);
        try
        {
            return Predict(1, (block, _) => block.AddFile(path))[0];
        }
        catch (ImageDecodingException exception) when (exception.InnerException is ImageDecodingException cause)
        {
            throw new ImageDecodingException($"'{path}' cannot be decoded: {cause.Message}", cause);
        }
    }

    /// <summary>Classifies photos, decoded on all cores and scored many at a time: faster than one by one.</summary>
    /// <param name="images">The contents of image files.</param>
    /// <returns>One prediction a photo, in their order.</returns>
    /// <exception cref="ImageDecodingException">One of them is no image; the message has its place in the list, from 0.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public IReadOnlyList<ImagePrediction> Predict(IReadOnlyList<ReadOnlyMemory<byte>> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return Predict(images.Count, (block, row) => block.AddEncoded(images[row].Span));
    }

    /// <summary>Frees the network when the last prediction that is under way has ended.</summary>
    public void Dispose()
    {
        lock (_replacing)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            _current.Dispose();
        }
    }

    private ImagePrediction[] Predict(int count, Action<DecodeBlock, int> add)
    {
        if (_options.ReloadOnChange)
            CheckFile();
        using var current = Enter();
        return current.Predict(count, add);
    }

    private LoadedClassifier Enter()
    {
        lock (_replacing)
        {
            // While it is the current one, this classifier is among its users.
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _current.Enter();
            return _current;
        }
    }

    // One thread looks at a time; the others go on with what there is, and so does this one: loading takes place beside it.
    private void CheckFile()
    {
        if (_options.Clock.GetElapsedTime(Volatile.Read(ref _lastCheck)) < _options.CheckInterval
            || Interlocked.CompareExchange(ref _isChecking, 1, 0) != 0)
            return;
        Volatile.Write(ref _lastCheck, _options.Clock.GetTimestamp());
        // While a file is replaced there may be none.
        if (FileStamp.Of(_path) is not { } stamp || stamp == _seen)
        {
            Volatile.Write(ref _isChecking, 0);
            return;
        }

        _seen = stamp;
        Reloading = Task.Run(() => Reload(stamp));
    }

    private void Reload(FileStamp stamp)
    {
        try
        {
            if (TryLoad(stamp) is { } loaded && Replace(loaded))
                _options.MessageCallback?.Invoke($"'{_path}' was replaced, and is loaded again: {loaded.Model.ClassNames.Count} classes.");
        }
        finally
        {
            Volatile.Write(ref _isChecking, 0);
        }
    }

    private LoadedClassifier? TryLoad(FileStamp stamp)
    {
        try
        {
            return LoadedClassifier.Load(_path);
        }
        catch (Exception exception)
        {
            // What is in the file stays as it is; that it could not be opened may pass.
            if (exception.GetBaseException() is IOException or UnauthorizedAccessException)
                _seen = null;
            if (_warned == stamp)
                return null;
            _warned = stamp;
            _options.WarningCallback?.Invoke(
                $"'{_path}' was replaced, and the new file cannot be used; the model that was there before goes on. {exception.Message}");
            return null;
        }
    }

    /// <returns>False where the classifier was disposed meanwhile.</returns>
    private bool Replace(LoadedClassifier loaded)
    {
        LoadedClassifier old;
        lock (_replacing)
        {
            if (_isDisposed)
            {
                loaded.Dispose();
                return false;
            }

            (old, _current, _seen) = (_current, loaded, loaded.Stamp);
        }

        old.Dispose();
        return true;
    }
}
