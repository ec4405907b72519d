using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// The names of the most probable classes, as text: lists for people and for JSON, which no evaluator reads, and keys would have to be
/// mapped first.
/// </summary>
internal sealed class TopLabelsColumn(TopColumns top) : OutputColumn(top.Labels)
{
    public override ScorerOutputs Needs => ScorerOutputs.Scores;

    public override SchemaShape.Column ToShape(SchemaShape.Column label) => VectorShape(TextDataViewType.Instance);

    public override void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId) =>
        schema.AddColumn(Name, new VectorDataViewType(TextDataViewType.Instance, top.CountOf(scoring)));

    public override Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current)
    {
        var (names, classes) = (scoring.Classes.Names, new int[top.CountOf(scoring)]);
        return (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> target) =>
        {
            TopColumns.Find(block.ScoresOf(current()), classes);
            var editor = VBufferEditor.Create(ref target, classes.Length);
            for (var i = 0; i < classes.Length; i++)
                editor.Values[i] = names[classes[i]].AsMemory();
            target = editor.Commit();
        });
    }
}
