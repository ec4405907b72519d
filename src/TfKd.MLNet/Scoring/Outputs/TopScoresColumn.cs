using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>The scores of the most probable classes, in the order of their names' column.</summary>
internal sealed class TopScoresColumn(TopColumns top) : OutputColumn(top.Scores)
{
    public override ScorerOutputs Needs => ScorerOutputs.Scores;

    public override SchemaShape.Column ToShape(SchemaShape.Column label) => VectorShape(NumberDataViewType.Single);

    public override void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId) =>
        schema.AddColumn(Name, new VectorDataViewType(NumberDataViewType.Single, top.CountOf(scoring)));

    public override Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current)
    {
        var (classes, highest) = (new int[top.CountOf(scoring)], new float[top.CountOf(scoring)]);
        return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> target) =>
        {
            var scores = block.ScoresOf(current());
            TopColumns.Find(scores, classes);
            for (var i = 0; i < classes.Length; i++)
                highest[i] = scores[classes[i]];
            Vectors.Set(ref target, highest);
        });
    }
}
