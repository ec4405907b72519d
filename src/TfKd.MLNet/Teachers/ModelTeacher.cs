using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>A classifier that was trained or loaded before teaches: KD with a larger one, Re-KD with a smaller one, De-KD with a poor one.</summary>
public sealed record ModelTeacher : TeacherSource
{
    private readonly TorchImageClassificationModel _model;

    /// <summary>Takes the teacher out of a transformer; the transformer may be disposed afterwards.</summary>
    /// <param name="transformer">A <see cref="TorchImageClassificationTransformer"/>, or a chain with exactly one in it, as Fit and Model.Load return them.</param>
    /// <exception cref="ArgumentException">There is none in the chain, or more than one.</exception>
    public ModelTeacher(ITransformer transformer)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        var found = Flatten(transformer).OfType<TorchImageClassificationTransformer>().ToList();
        if (found.Count != 1)
            throw new ArgumentException($"Expected a {nameof(TorchImageClassificationTransformer)}, or a chain with exactly one, but {transformer.GetType().Name} has {found.Count}.", nameof(transformer));
        _model = found[0].Model;
    }

    /// <summary>The teacher's network.</summary>
    public NetworkArchitecture Architecture => _model.Architecture;

    /// <summary>What tells its weights from others: the first digits of their SHA-256.</summary>
    public string Weights => _model.Card.WeightsSha256[..12];

    /// <inheritdoc/>
    public override ITeacher Open(TeacherContext context) => new NetworkTeacher(_model.CreateNetwork(), _model.ClassNames, context, ownsNetwork: true);

    /// <summary>Two teachers are equal when their weights are.</summary>
    public bool Equals(ModelTeacher? other) => other is not null && _model.Card.WeightsSha256 == other._model.Card.WeightsSha256;

    /// <inheritdoc/>
    public override int GetHashCode() => _model.Card.WeightsSha256.GetHashCode(StringComparison.Ordinal);

    private static IEnumerable<ITransformer> Flatten(ITransformer transformer) =>
        transformer is IEnumerable<ITransformer> chain ? chain.SelectMany(Flatten) : [transformer];
}
