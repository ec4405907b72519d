namespace TfKd;

/// <summary>
/// Labelled images, decoded, of one size, readable in any order. Implementations are safe for concurrent reads:
/// batches are gathered on a thread of their own while the network trains.
/// </summary>
public interface IImageSource
{
    /// <summary>Number of rows.</summary>
    int Count { get; }

    /// <summary>The shape of every image.</summary>
    ImageShape Shape { get; }

    /// <summary>The classes, in the order of the label indices.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>The label of a row: an index into <see cref="ClassNames"/>.</summary>
    int GetLabel(int row);

    /// <summary>
    /// Writes a row's pixels, planar RGB (or grey), one byte each, into <paramref name="pixels"/> of <see cref="ImageShape.ByteCount"/>
    /// bytes.
    /// </summary>
    void ReadPixels(int row, Span<byte> pixels);

    /// <summary>How much a row counts beside the others, 0 or above; 1 unless the source says otherwise.</summary>
    float GetWeight(int row) => 1;

    /// <summary>
    /// The classes of the other model that <see cref="GetTeacherScores"/> is of, in the order of its numbers; empty unless the source has
    /// any.
    /// </summary>
    IReadOnlyList<string> TeacherClassNames => [];

    /// <summary>
    /// What another model said of a row, one number a class, in the order of <see cref="TeacherClassNames"/>; empty unless the source has
    /// any.
    /// </summary>
    ReadOnlySpan<float> GetTeacherScores(int row) => [];
}
