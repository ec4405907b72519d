using System.Text;
using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>
/// A classifier that was trained or loaded before teaches: KD with a larger one, Re-KD with a smaller one, De-KD with a poor one.
/// </summary>
/// <example><code>
/// var options = new TorchImageClassificationTrainer.Options
/// {
///     Objective = new KnowledgeDistillation(),
///     Teacher = new ModelTeacher(transformer),
/// };
/// </code></example>
public sealed record ModelTeacher : TeacherSource, IHasIdentity
{
    private readonly TorchImageClassificationModel _model;

    /// <summary>Takes the teacher out of a transformer; the transformer may be disposed afterwards.</summary>
    /// <param name="transformer">
    /// A <see cref="TorchImageClassificationTransformer"/>, or a chain with exactly one in it, as Fit and Model.Load return them.
    /// </param>
    /// <exception cref="ArgumentException">There is none in the chain, or more than one.</exception>
    public ModelTeacher(ITransformer transformer) => _model = ModelsInChain.Single(transformer, nameof(transformer));

    /// <summary>The teacher's network.</summary>
    public NetworkArchitecture Architecture => _model.Architecture;

    /// <summary>What tells its weights from others: the first digits of their SHA-256.</summary>
    public string Weights => _model.Card.WeightsSha256[..12];

    /// <summary>
    /// Which classes the model may know beside the student's. Default: none. With more, the student's classes are taken out of its answers
    /// and renormalised.
    /// </summary>
    public TeacherClasses Classes { get; init => field = Require.Defined(value); }

    // All that Equals looks at.
    string IHasIdentity.Identity =>
        $"{Hashes.Weights} {Hashes.Onnx}{(Classes == TeacherClasses.AsStudent ? "" : $" {Classes}")}";

    /// <summary>
    /// True, for a model that was itself trained on photos that may have several labels; others are refused when they are opened.
    /// </summary>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context) => ModelAsTeacher.Open(_model, context, Classes);

    /// <summary>
    /// Two teachers are equal when their networks and classes are: weights, and the ONNX model with the normalisation and the class names
    /// in it.
    /// </summary>
    public bool Equals(ModelTeacher? other) => other is not null && Hashes == other.Hashes && Classes == other.Classes;

    /// <inheritdoc/>
    public override int GetHashCode() => Hashes.GetHashCode();

    private (string Weights, string Onnx) Hashes => (_model.Card.WeightsSha256, _model.HasOnnx
        ? _model.Card.OnnxSha256
        : TorchImageClassificationModel.HashOf(Encoding.UTF8.GetBytes($"{_model.Card.Architecture}\n{_model.Card.Classes}")));
}
