namespace TfKd.FuzzProbe;

/// <summary>A reader of files that may come from anywhere.</summary>
internal abstract class FuzzReader
{
    /// <summary>All, in the order of the table.</summary>
    public static IReadOnlyList<FuzzReader> All { get; } =
    [
        new WeightFileReader("safetensors"), new WeightFileReader("pth"), new WeightFileReader("legacy"),
        new ModelFileReader("model"), new ModelFileReader("model-entries"), new ModelFileReader("model-resealed"),
        new ModelFileReader("model-mlnet"), new PortableFileReader(),
        new OnnxTeacherReader(), new OnnxWeightsReader(), new TorchScriptReader(), new TeacherCacheReader(), new CheckpointReader(),
        new ImageReader("png"), new ImageReader("jpeg"),
    ];

    /// <summary>What the command line calls it.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Why altered content can be accepted: what the format has no checksum for. Null: it cannot.
    /// </summary>
    public virtual string? WhyAlteredIsAccepted => null;

    /// <summary>Whether what is damaged is read by ML.NET's code alone: told of, and no fault of ours.</summary>
    public virtual bool IsOfOthers => false;

    /// <exception cref="ArgumentException">There is none.</exception>
    public static FuzzReader Named(string name) => All.FirstOrDefault(reader => reader.Name == name)
        ?? throw new ArgumentException($"Expected a reader out of {string.Join(", ", All.Select(reader => reader.Name))}, found '{name}'.");

    /// <summary>A file that is whole.</summary>
    /// <param name="folder">Where files may be made.</param>
    public abstract byte[] Make(string folder);

    /// <summary>Damages it.</summary>
    public virtual byte[] Damage(Random random, byte[] whole, out string what) => Mutation.Of(random, whole, out what);

    /// <summary>What of a file AFL++ changes: that which a checksum does not keep from the code that is to be reached.</summary>
    public virtual byte[] PartOf(byte[] whole) => whole;

    /// <summary>The file with another such part.</summary>
    public virtual byte[] WithPart(byte[] whole, byte[] part) => part;

    /// <summary>Reads all that is in a file.</summary>
    /// <returns>Something that is equal where what was read is.</returns>
    public abstract string Read(string path);

    /// <summary>Whether a file may be refused by this exception.</summary>
    public virtual bool IsDocumented(Exception exception) => exception is InvalidDataException;
}
