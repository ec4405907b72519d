namespace TfKd;

/// <summary>
/// What a source knows of its rows beside images and one label each: how much each counts, the labels where there may be several, what
/// another model said of it, and the file that it is from. Deriving a class and overriding what is known brings one of your own; the
/// defaults say nothing. Safe for concurrent reads.
/// </summary>
public abstract class SampleExtras
{
    /// <summary>
    /// The classes of the other model that <see cref="GetScores"/> is of, in the order of its numbers; empty, the default: there are no
    /// scores.
    /// </summary>
    public virtual IReadOnlyList<string> ScoreClassNames => [];

    /// <summary>Weights alone.</summary>
    /// <param name="weights">How much each row counts beside the others, 0 or above, by its number.</param>
    public static SampleExtras OfWeights(IReadOnlyList<float> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new Weights(weights);
    }

    /// <summary>How much a row counts beside the others, 0 or above; 1 by default.</summary>
    public virtual float GetWeight(int row) => 1;

    /// <summary>
    /// The labels of a row that may have several, indices of classes, each once, in rising order; empty where it has none of them. Read of
    /// rows only whose <see cref="IImageSource.GetLabel"/> is <see cref="Targets.Several"/>. Empty by default.
    /// </summary>
    public virtual IReadOnlyList<int> GetLabels(int row) => [];

    /// <summary>
    /// What another model said of a row, one number a class, in the order of <see cref="ScoreClassNames"/>; empty by default.
    /// </summary>
    public virtual ReadOnlySpan<float> GetScores(int row) => [];

    /// <summary>
    /// The file that a row's image is from, as the data name it: a path, or a name alone. Null, the default: none is known. Reports show
    /// the name; nothing is read from it, and what a run computes does not depend on it.
    /// </summary>
    public virtual string? GetFile(int row) => null;

    /// <summary>
    /// The path of the file whose image a row is, fitted to the source's shape and unchanged otherwise, so that it can be decoded at
    /// another size, too. Null, the default: there is none, or the row is something else made of it.
    /// </summary>
    public virtual string? GetImageFile(int row) => null;

    /// <summary>The extras of some rows, in a given order: for a source that leaves rows out, repeats or reorders them.</summary>
    /// <param name="rows">The number here of each row there.</param>
    public SampleExtras Select(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new Selection(this, rows);
    }

    /// <summary>
    /// The extras of rows whose images are others than those of the files: for a source that crops or paints over what it reads.
    /// </summary>
    public SampleExtras WithoutImageFiles() => new OtherImages(this);

    private sealed class Weights(IReadOnlyList<float> weights) : SampleExtras
    {
        public override float GetWeight(int row) => weights[row];
    }

    private sealed class Selection(SampleExtras source, IReadOnlyList<int> rows) : SampleExtras
    {
        public override IReadOnlyList<string> ScoreClassNames => source.ScoreClassNames;

        public override float GetWeight(int row) => source.GetWeight(rows[row]);

        public override IReadOnlyList<int> GetLabels(int row) => source.GetLabels(rows[row]);

        public override ReadOnlySpan<float> GetScores(int row) => source.GetScores(rows[row]);

        public override string? GetFile(int row) => source.GetFile(rows[row]);

        public override string? GetImageFile(int row) => source.GetImageFile(rows[row]);
    }

    private sealed class OtherImages(SampleExtras source) : SampleExtras
    {
        public override IReadOnlyList<string> ScoreClassNames => source.ScoreClassNames;

        public override float GetWeight(int row) => source.GetWeight(row);

        public override IReadOnlyList<int> GetLabels(int row) => source.GetLabels(row);

        public override ReadOnlySpan<float> GetScores(int row) => source.GetScores(row);

        public override string? GetFile(int row) => source.GetFile(row);
    }
}
