using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// Decoded images, one byte a channel and pixel: what epochs are read from. In memory up to a budget, what is above it in a file. Filled by
/// one thread, then read by any number.
/// </summary>
public sealed class DecodedCache : IImageSource, IDisposable
{
    private const long DefaultBudget = 1L << 30;
    private const int NotKept = -1;

    private readonly List<int> _labels = [];
    private readonly List<float> _weights = [];
    private readonly List<float> _teacherScores = [];
    private readonly List<string?> _files = [];
    private readonly List<bool> _areImages = [];
    private readonly Dictionary<int, int[]> _labelSets = [];
    // Of each row among those whose pixels are kept; NotKept where they are not.
    private readonly List<int> _places = [];
    private int _teacherClassCount;
    private MemoryPixels _memory;
    private FilePixels? _file;
    private bool _isDisposed;

    /// <summary>Makes an empty cache.</summary>
    public DecodedCache(ImageShape shape, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        Require.Positive(shape.ByteCount, nameof(shape));
        (Shape, ClassNames) = (shape, classNames);
        _memory = new MemoryPixels(shape.ByteCount, DefaultBudget / shape.ByteCount);
    }

    /// <summary>
    /// The most memory that the pixels may take, in bytes, 0 or above; default 1 GiB. The first rows take it, whole ones only; those that
    /// do not fit in go to a file, and are read from it each time. Labels, weights, teacher scores and the names of files are in memory
    /// always: 21 bytes a row, 4 a score, and the names. What a run computes does not depend on it.
    /// </summary>
    public long MemoryBudget
    {
        get;
        init => (field, _memory) = (Require.NotNegative(value), new MemoryPixels(Shape.ByteCount, value / Shape.ByteCount));
    } = DefaultBudget;

    /// <summary>
    /// The folder of the file, made when it is missing. Default null: the system's folder for temporary files. The file is never found
    /// under its name but on Windows, and goes when the cache is disposed or the process ends, killed or not.
    /// </summary>
    public string? Directory { get; init => field = value is null ? null : Require.Name(value); }

    /// <inheritdoc/>
    public int Count => _labels.Count;

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The classes of the other model whose scores come with the rows, in the order of the scores. Default: none.</summary>
    public IReadOnlyList<string> TeacherClassNames { get; init => field = Require.NotNull(value); } = [];

    /// <summary>Weights, sets of labels, teacher scores and files.</summary>
    public SampleExtras? Extras => field ??= new AddedExtras(this);

    /// <inheritdoc/>
    public int GetLabel(int row) => _labels[row];

    /// <summary>Appends a row.</summary>
    /// <param name="pixels">Planar pixels of <see cref="Shape"/>; copied.</param>
    /// <param name="label">An index into <see cref="ClassNames"/>, or <see cref="Targets.Unlabelled"/>.</param>
    /// <param name="weight">How much the row counts, 0 or above; default 1.</param>
    /// <param name="teacherScores">What another model said of it, as many numbers in every row; copied. Default: nothing.</param>
    /// <param name="file">The file that the image is from, for reports to name; default null: none is known.</param>
    /// <exception cref="IOException">
    /// The row does not fit into the memory budget, and the file cannot be made or written; the row was not added.
    /// </exception>
    public void Add(
        ReadOnlySpan<byte> pixels, int label, float weight = 1, ReadOnlySpan<float> teacherScores = default, string? file = null)
    {
        RequireLength(pixels);
        RequireLabel(label);
        Append(pixels, label, weight, teacherScores, file);
    }

    /// <summary>Appends a row that may have several labels.</summary>
    /// <param name="pixels">Planar pixels of <see cref="Shape"/>; copied.</param>
    /// <param name="labels">Indices into <see cref="ClassNames"/>, in any order; none where the row has none of the labels.</param>
    /// <param name="weight">How much the row counts, 0 or above; default 1.</param>
    /// <param name="teacherScores">What another model said of it, as many numbers in every row; copied. Default: nothing.</param>
    /// <param name="file">The file that the image is from, for reports to name; default null: none is known.</param>
    /// <exception cref="IOException">
    /// The row does not fit into the memory budget, and the file cannot be made or written; the row was not added.
    /// </exception>
    public void Add(
        ReadOnlySpan<byte> pixels,
        IReadOnlyCollection<int> labels,
        float weight = 1,
        ReadOnlySpan<float> teacherScores = default,
        string? file = null)
    {
        ArgumentNullException.ThrowIfNull(labels);
        RequireLength(pixels);
        foreach (var label in labels)
        {
            if (label < 0 || label >= ClassNames.Count)
                throw new ArgumentOutOfRangeException(
                    nameof(labels), label, $"Each label must be within [0, {ClassNames.Count}), but one is {label}.");
        }

        Append(pixels, Targets.Several, weight, teacherScores, file);
        _labelSets.Add(Count - 1, [.. labels.Distinct().Order()]);
    }

    /// <inheritdoc/>
    public void ReadPixels(int row, Span<byte> pixels)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var place = _places[row];
        if (place == NotKept)
            ImageFile.Decode(_files[row]!, Shape, pixels);
        else if (place < RowsInMemory)
            _memory.Read(place, pixels);
        else
            _file!.Read((int)(place - RowsInMemory), pixels);
    }

    /// <summary>Frees the memory and the file; labels and weights can be read on.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _memory.Clear();
        _file?.Dispose();
    }

    /// <summary>Rows whose pixels are kept.</summary>
    internal int KeptCount { get; private set; }

    /// <summary>
    /// Whether rows that are added from here on are the images of their files, decoded and nothing else. Default false: a file is a name.
    /// </summary>
    internal bool FilesAreImages { get; set; }

    internal long BytesInMemory => Math.Min(KeptCount, RowsInMemory) * Shape.ByteCount;

    internal long BytesInFile => (long)KeptCount * Shape.ByteCount - BytesInMemory;

    private long RowsInMemory => MemoryBudget / Shape.ByteCount;

    /// <summary>Says how many rows will be kept, so that a file that cannot take them is told of before they are decoded.</summary>
    /// <exception cref="IOException">
    /// They do not fit into the memory budget, and the file cannot be made or has no room for them.
    /// </exception>
    internal void Expect(long rowCount)
    {
        if (rowCount > RowsInMemory)
            _file ??= OpenFile(rowCount - RowsInMemory);
    }

    /// <summary>
    /// Appends a row whose image stays in its file, which is decoded each time that the row is read: another process has it decoded.
    /// </summary>
    /// <inheritdoc cref="Add(ReadOnlySpan{byte}, int, float, ReadOnlySpan{float}, string?)"/>
    internal void AddFile(string file, int label, float weight, ReadOnlySpan<float> teacherScores)
    {
        RequireLabel(label);
        Append([], label, weight, teacherScores, file);
    }

    private void RequireLabel(int label)
    {
        if (label != Targets.Unlabelled && (label < 0 || label >= ClassNames.Count))
            throw new ArgumentOutOfRangeException(
                nameof(label), label,
                $"The label must be within [0, {ClassNames.Count}), or {Targets.Unlabelled} for none, but is {label}.");
    }

    private void RequireLength(ReadOnlySpan<byte> pixels)
    {
        if (pixels.Length != Shape.ByteCount)
            throw new ArgumentException($"A row of shape {Shape} has {Shape.ByteCount} bytes, but {pixels.Length} came.", nameof(pixels));
    }

    private void Append(ReadOnlySpan<byte> pixels, int label, float weight, ReadOnlySpan<float> teacherScores, string? file)
    {
        Require.NotNegative(weight, nameof(weight));
        if (Count > 0 && teacherScores.Length != _teacherClassCount)
            throw new ArgumentException(
                $"Each row must have the same number of teacher scores as the first, {_teacherClassCount}, but "
                    + $"{teacherScores.Length} came.",
                nameof(teacherScores));
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (pixels.IsEmpty)
            _places.Add(NotKept);
        else
            Keep(pixels);
        _teacherClassCount = teacherScores.Length;
        _teacherScores.AddRange(teacherScores);
        _weights.Add(weight);
        _files.Add(file);
        _areImages.Add(FilesAreImages);
        _labels.Add(label);
    }

    private void Keep(ReadOnlySpan<byte> pixels)
    {
        if (!_memory.IsFull)
            _memory.Add(pixels);
        else
            (_file ??= OpenFile(rowCount: 0)).Add(pixels);
        _places.Add(KeptCount++);
    }

    private FilePixels OpenFile(long rowCount) => FilePixels.Create(Directory ?? Path.GetTempPath(), Shape.ByteCount, rowCount);

    private sealed class AddedExtras(DecodedCache cache) : SampleExtras
    {
        public override IReadOnlyList<string> ScoreClassNames => cache.TeacherClassNames;

        public override float GetWeight(int row) => cache._weights[row];

        public override IReadOnlyList<int> GetLabels(int row) => cache._labelSets.GetValueOrDefault(row, []);

        public override ReadOnlySpan<float> GetScores(int row) =>
            CollectionsMarshal.AsSpan(cache._teacherScores).Slice(row * cache._teacherClassCount, cache._teacherClassCount);

        public override string? GetFile(int row) => cache._files[row];

        public override string? GetImageFile(int row) => cache._areImages[row] ? cache._files[row] : null;
    }
}
