namespace TfKd;

/// <summary>
/// What an image may take of the process, whoever decodes it: training, scoring, and the transformers of loaded models share
/// <see cref="Current"/>. An image beyond a limit is one that cannot be decoded; its error names the limit.
/// </summary>
public sealed record ImageLimits
{
    private static ImageLimits _current = new();

    /// <summary>The limits of the process. Default: those of a new instance. To be set before images are read.</summary>
    /// <example><code>ImageLimits.Current = ImageLimits.Current with { MaxPixels = 1L &lt;&lt; 28 };</code></example>
    public static ImageLimits Current { get => Volatile.Read(ref _current); set => Volatile.Write(ref _current, Require.NotNull(value)); }

    /// <summary>
    /// The most pixels that one image is decoded to, above 0; default 2^27, 11585x11585, which take 512 MiB. JPEG and WebP are decoded at
    /// a reduced size where the network takes a smaller one, and that size counts: photos of phones and cameras are far below it. At most
    /// 2^29 are decoded, whatever is set.
    /// </summary>
    public long MaxPixels { get; init => field = Require.Positive(value); } = 1L << 27;

    /// <summary>
    /// The most bytes that an image file may have, above 0; default 256 MiB. The size is looked at before anything is read. At most 1 GiB
    /// is read, whatever is set.
    /// </summary>
    public long MaxFileBytes { get; init => field = Require.Positive(value); } = 256L << 20;

    /// <summary>
    /// The most memory of all images that are being decoded at one time, in bytes, above 0; default 512 MiB. Others wait; one that takes
    /// more by itself is decoded alone.
    /// </summary>
    public long DecodingMemory { get; init => field = Require.Positive(value); } = 512L << 20;

    /// <summary>The limit on pixels with that of an array of 4 bytes a pixel.</summary>
    internal long MostPixels => Math.Min(MaxPixels, Array.MaxLength / 4);

    /// <summary>The limit on files: with what is there before it, a file must fit into an array.</summary>
    internal int MostFileBytes => (int)Math.Min(MaxFileBytes, 1 << 30);
}
