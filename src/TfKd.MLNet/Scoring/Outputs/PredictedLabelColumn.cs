using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>
/// The key of the highest score; 0, ML.NET's missing value, where no score is a number, or that of the rejected where it is too low.
/// </summary>
internal sealed class PredictedLabelColumn(string name) : OutputColumn(name)
{
    public override ScorerOutputs Needs => ScorerOutputs.Scores;

    public override SchemaShape.Column ToShape(SchemaShape.Column label)
    {
        var annotations = new SchemaShape(label.Annotations.Where(IsKeyValues).Concat(ScoreKinds.Shape));
        return new(Name, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.UInt32, true, annotations);
    }

    public override void AppendTo(DataViewSchema.Builder schema, ScoringContext scoring, uint setId)
    {
        var (classes, other) = (scoring.Classes, scoring.Rejection?.Label);
        var annotations = new DataViewSchema.Annotations.Builder();
        classes.AddPredictions(annotations, other);
        ScoreKinds.Add(annotations, AnnotationUtils.Const.ScoreValueKind.PredictedLabel, setId);
        schema.AddColumn(
            Name, new KeyDataViewType(typeof(uint), classes.Names.Count + (other is null ? 0 : 1)), annotations.ToAnnotations());
    }

    public override Delegate MakeGetter(ScoringContext scoring, ScoreBlock block, Func<int> current)
    {
        var threshold = (float?)scoring.Rejection?.Threshold ?? float.NegativeInfinity;
        var rejected = scoring.Rejection?.Label is null ? 0 : (uint)scoring.Classes.Names.Count + 1;
        return (ValueGetter<uint>)((ref uint label) => label = Best(block.ScoresOf(current()), threshold, rejected));
    }

    /// <summary>Whether an annotation of a label column is its key values.</summary>
    public static bool IsKeyValues(SchemaShape.Column annotation) =>
        annotation is { Name: AnnotationUtils.Kinds.KeyValues, Kind: SchemaShape.Column.VectorKind.Vector };

    /// <summary>The class of the highest score, the first of equal ones; -1 where no score is a number.</summary>
    public static int BestOf(ReadOnlySpan<float> scores)
    {
        var (highest, best) = (float.NegativeInfinity, -1);
        for (var i = 0; i < scores.Length; i++)
        {
            if (scores[i] > highest)
                (highest, best) = (scores[i], i);
        }

        return best;
    }

    private static uint Best(ReadOnlySpan<float> scores, float threshold, uint rejected)
    {
        var best = BestOf(scores);
        var highest = best < 0 ? float.NegativeInfinity : scores[best];
        return highest < threshold ? rejected : (uint)(best + 1);
    }
}
