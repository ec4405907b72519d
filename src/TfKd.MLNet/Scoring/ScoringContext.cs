using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>What it takes to score rows: shared by all views, cursors and rows of a transformer. Safe for concurrent use.</summary>
/// <param name="shape">The shape of the images that are scored.</param>
/// <param name="openScorer">Opens the scorer, which is the context's own.</param>
internal sealed class ScoringContext(ImageShape shape, Func<IImageScorer> openScorer) : IDisposable
{
    private readonly Lock _opening = new();
    private IImageScorer? _scorer;
    private bool _isDisposed;

    private IReadOnlyList<OutputColumn>? _outputs;

    public required TransformerColumns Columns { get; init; }

    public required ClassKeys Classes { get; init; }

    /// <summary>How many numbers an embedding has; 0: the model gives none.</summary>
    public int EmbeddingSize { get; init; }

    /// <summary>From which score on each class is a label; null: a photo has one.</summary>
    public IReadOnlyList<double>? Thresholds { get; init; }

    /// <summary>When no label is predicted; null: one always is.</summary>
    public Rejection? Rejection { get; init; }

    public ImageShape InputShape => shape;

    private IReadOnlyList<OutputColumn> Outputs => _outputs ??= Columns.ToOutputs(Thresholds is not null);

    public DecodeBlockPool Blocks { get; } = new(shape);

    /// <summary>Opened when the first row is scored: a model that is only looked at, or saved again, costs no session.</summary>
    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public IImageScorer Scorer
    {
        get
        {
            lock (_opening)
            {
                if (_isDisposed)
                    throw Disposed();
                return _scorer ??= openScorer();
            }
        }
    }

    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema input)
    {
        FindImages(input);
        var setId = ScoreKinds.NextSetId(input);
        var schema = new DataViewSchema.Builder();
        // First the input's columns, which so keep their indices.
        schema.AddColumns(input);
        foreach (var output in Outputs)
            output.AppendTo(schema, this, setId);
        return schema.ToSchema();
    }

    /// <exception cref="ArgumentException">There is no image column, or it is none that can be read.</exception>
    public ImageColumn FindImages(DataViewSchema input) => ImageColumn.Find(input, Columns.Image, shape);

    /// <summary>The columns of the input that are needed for the given columns of the output.</summary>
    public IEnumerable<DataViewSchema.Column> DependenciesOf(DataViewSchema input, IReadOnlySet<int> outputs)
    {
        var needed = outputs.Where(index => index < input.Count).Select(index => input[index]);
        if (outputs.Any(index => index >= input.Count))
            needed = needed.Concat(ImageColumn.WithPath(input[Columns.Image], input));
        return needed.DistinctBy(column => column.Index).ToList();
    }

    /// <summary>What the scorer must compute for the given columns of the output.</summary>
    public ScorerOutputs NeedsOf(DataViewSchema input, IReadOnlySet<int> outputs) => outputs
        .Where(index => index >= input.Count)
        .Aggregate(ScorerOutputs.None, (needs, index) => needs | Outputs[index - input.Count].Needs);

    /// <summary>A getter of a column that is added.</summary>
    /// <param name="index">Its place among them.</param>
    /// <param name="block">Where the rows are.</param>
    /// <param name="current">Which row of these is read.</param>
    public Delegate MakeGetter(int index, ScoreBlock block, Func<int> current) => Outputs[index].MakeGetter(this, block, current);

    /// <exception cref="ObjectDisposedException">The context was disposed.</exception>
    public void ThrowIfDisposed()
    {
        lock (_opening)
        {
            if (_isDisposed)
                throw Disposed();
        }
    }

    /// <summary>What is thrown where something was disposed: it names what users hold, and not what is inside.</summary>
    public static ObjectDisposedException Disposed() =>
        new($"{nameof(TfKd)}.{nameof(MLNet)}.{nameof(TorchImageClassificationTransformer)}");

    /// <summary>Frees the scorer; waits for a block that another thread is scoring.</summary>
    public void Dispose()
    {
        lock (_opening)
        {
            _isDisposed = true;
            _scorer?.Dispose();
        }

        Blocks.Close();
    }
}
