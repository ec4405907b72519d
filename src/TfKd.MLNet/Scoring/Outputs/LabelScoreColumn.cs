using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// The probabilities of the classes where a photo may have several labels. Without the annotations of multiclass classifiers, whose
/// evaluators would take them for one distribution; with the thresholds, for our own.
/// </summary>
internal sealed class LabelScoreColumn(string name) : OutputColumn(name)
{
    /// <summary>The kind of annotation that has the threshold of each class, a vector of doubles.</summary>
    public const string Thresholds = "TfKd.Thresholds";

    public override ScorerOutputs Needs => ScorerOutputs.Scores;

    public override SchemaShape.Column ToShape(SchemaShape.Column label) => VectorShape(
        NumberDataViewType.Single,
        [
            new(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false, null),
            new(Thresholds, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Double, false, null),
        ]);

    public override void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        scoring.Classes.AddNames(annotations, AnnotationUtils.Kinds.SlotNames);
        double[] thresholds = [.. scoring.Thresholds!];
        annotations.Add(
            Thresholds,
            new VectorDataViewType(NumberDataViewType.Double, thresholds.Length),
            (ref VBuffer<double> target) => target = new VBuffer<double>(thresholds.Length, [.. thresholds]));
        schema.AddColumn(Name, new VectorDataViewType(NumberDataViewType.Single, thresholds.Length), annotations.ToAnnotations());
    }

    public override Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current) =>
        (ValueGetter<VBuffer<float>>)((ref VBuffer<float> target) => Vectors.Set(ref target, block.ScoresOf(current())));
}
