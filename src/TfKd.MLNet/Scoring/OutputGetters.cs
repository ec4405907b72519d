using Microsoft.ML;
using Microsoft.ML.Data;

namespace TfKd.MLNet;

/// <summary>Getters of the two columns that a transformer adds.</summary>
internal static class OutputGetters
{
    public static Delegate Make(DataViewSchema.Column column, ScoreBlock block, Func<int> current) => column.Type is KeyDataViewType
        ? (ValueGetter<uint>)((ref uint label) => block.GetPredictedLabel(current(), ref label))
        : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> score) => block.GetScore(current(), ref score));
}
