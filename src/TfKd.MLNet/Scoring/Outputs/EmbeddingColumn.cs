using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>What the network's head reads.</summary>
internal sealed class EmbeddingColumn(string name) : OutputColumn(name)
{
    public override ScorerOutputs Needs => ScorerOutputs.Embedding;

    public override SchemaShape.Column ToShape(SchemaShape.Column label) => VectorShape(NumberDataViewType.Single);

    public override void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId) =>
        schema.AddColumn(Name, new VectorDataViewType(NumberDataViewType.Single, scoring.EmbeddingSize));

    public override Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current) =>
        (ValueGetter<VBuffer<float>>)((ref VBuffer<float> target) => Vectors.Set(ref target, block.EmbeddingOf(current())));
}
