using TfKd;

namespace TeacherFreeCifar;

/// <summary>
/// A part of CIFAR-100 (Krizhevsky, 'Learning multiple layers of features from tiny images', 2009) in its binary layout: a record a row, of
/// the coarse label, the fine label, and three planes of 32x32 pixels.
/// </summary>
internal sealed class Cifar100 : IImageSource
{
    /// <summary>The rows of the part <c>train</c>.</summary>
    public const int TrainingRows = 50_000;

    private const int LabelBytes = 2;
    private const int FineLabel = 1;
    private const int MaxClasses = 100;

    private readonly byte[] _records;

    private Cifar100(byte[] records, IReadOnlyList<string> classNames) => (_records, ClassNames) = (records, classNames);

    public int Count => _records.Length / RecordBytes;

    public ImageShape Shape { get; } = new(3, 32, 32);

    public IReadOnlyList<string> ClassNames { get; }

    private int RecordBytes => LabelBytes + Shape.ByteCount;

    /// <summary>Reads a part out of the folder: <c>NAME.bin</c>, with <c>fine_label_names.txt</c> beside it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">train or test.</param>
    /// <exception cref="InvalidDataException">The file is not whole, or has labels that have no name.</exception>
    public static Cifar100 Read(string folder, string name)
    {
        var names = File.ReadAllLines(Path.Combine(folder, "fine_label_names.txt")).Where(line => line.Length > 0).ToArray();
        var path = Path.Combine(folder, $"{name}.bin");
        var source = new Cifar100(File.ReadAllBytes(path), names);
        if (names.Length is 0 or > MaxClasses)
        {
            throw new InvalidDataException(
                $"'fine_label_names.txt' in '{folder}' must have 1 to {MaxClasses} names, but has {names.Length}.");
        }

        if (source._records.Length == 0 || source._records.Length % source.RecordBytes != 0)
        {
            throw new InvalidDataException(
                $"'{path}' must have records of {source.RecordBytes} bytes, but has {source._records.Length} bytes.");
        }

        for (var row = 0; row < source.Count; row++)
            if (source.GetLabel(row) >= names.Length)
            {
                throw new InvalidDataException(
                    $"Row {row} of '{path}' has the label {source.GetLabel(row)}, but there are {names.Length} names.");
            }

        return source;
    }

    public SampleExtras? Extras => null;

    public int GetLabel(int row) => _records[row * RecordBytes + FineLabel];

    public void ReadPixels(int row, Span<byte> pixels) => _records.AsSpan(row * RecordBytes + LabelBytes, Shape.ByteCount).CopyTo(pixels);
}
