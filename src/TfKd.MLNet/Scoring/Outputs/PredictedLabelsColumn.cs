using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// The names of the classes whose score is at least their threshold, as texts: as many as there are, in the order of the classes. Texts,
/// since keys of a vector would have to be mapped before anybody could read them, and no evaluator of ML.NET reads either.
/// </summary>
internal sealed class PredictedLabelsColumn(string name) : OutputColumn(name)
{
    public override ScorerOutputs Needs => ScorerOutputs.Scores;

    public override SchemaShape.Column ToShape(SchemaShape.Column label) =>
        new(Name, SchemaShape.Column.VectorKind.VariableVector, TextDataViewType.Instance, false, null);

    public override void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId) =>
        schema.AddColumn(Name, new VectorDataViewType(TextDataViewType.Instance));

    public override Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current)
    {
        var (names, thresholds) = (scoring.Classes.Names, scoring.Thresholds!);
        return (ValueGetter<VBuffer<ReadOnlyMemory<char>>>)((ref VBuffer<ReadOnlyMemory<char>> target) =>
        {
            var found = Find(block.ScoresOf(current()), thresholds);
            var editor = VBufferEditor.Create(ref target, found.Count);
            for (var i = 0; i < found.Count; i++)
                editor.Values[i] = names[found[i]].AsMemory();
            target = editor.Commit();
        });
    }

    /// <summary>The classes whose score is at least their threshold.</summary>
    public static List<int> Find(ReadOnlySpan<float> scores, IReadOnlyList<double> thresholds)
    {
        var found = new List<int>();
        for (var k = 0; k < scores.Length; k++)
        {
            if (scores[k] >= thresholds[k])
                found.Add(k);
        }

        return found;
    }
}
