using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The probabilities of the classes.</summary>
internal sealed class ScoreColumn(string name) : OutputColumn(name)
{
    public override ScorerOutputs Needs => ScorerOutputs.Scores;

    // ML.NET names the slots for text keys only; names of numbers read better than indices in a confusion table, and break nothing.
    public override SchemaShape.Column ToShape(SchemaShape.Column label)
    {
        var names = label.Annotations.Where(PredictedLabelColumn.IsKeyValues).SelectMany(values => new SchemaShape.Column[]
        {
            new(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false, null),
            new(AnnotationUtils.Kinds.TrainingLabelValues, SchemaShape.Column.VectorKind.Vector, values.ItemType, false, null),
        });
        return VectorShape(NumberDataViewType.Single, names.Concat(ScoreKinds.Shape));
    }

    public override void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId)
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        scoring.Classes.AddNames(annotations, AnnotationUtils.Kinds.SlotNames);
        scoring.Classes.AddValues(annotations, AnnotationUtils.Kinds.TrainingLabelValues);
        ScoreKinds.Add(annotations, AnnotationUtils.Const.ScoreValueKind.Score, setId);
        schema.AddColumn(
            Name, new VectorDataViewType(NumberDataViewType.Single, scoring.Classes.Names.Count), annotations.ToAnnotations());
    }

    public override Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current) =>
        (ValueGetter<VBuffer<float>>)((ref VBuffer<float> target) => Vectors.Set(ref target, block.ScoresOf(current())));
}
