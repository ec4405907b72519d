using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;

namespace TfKd.MLNet;

/// <summary>The transformed data: rows are read ahead and scored in blocks.</summary>
/// <remarks>
/// It is a transform that might be saved as ONNX for one reason: ML.NET's ConvertToOnnx leaves out, without an error, what is none, and
/// with it all that comes before.
/// </remarks>
internal sealed class BatchedView(IDataView input, ScoringContext scoring) : ITransformCanSaveOnnx
{
    public DataViewSchema Schema { get; } = scoring.GetOutputSchema(input.Schema);

    public bool CanShuffle => input.CanShuffle;

    public IDataView Source => input;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.Select(column => column.Index).ToHashSet();
        var rows = input.GetRowCursor(scoring.DependenciesOf(input.Schema, active), rand);
        try
        {
            return new BatchedCursor(rows, Schema, scoring, active);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>One cursor: decoding and scoring a block use all cores by themselves.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => throw NoOnnx();

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => throw NoOnnx();

    void ICanSaveModel.Save(ModelSaveContext ctx) =>
        throw new NotSupportedException("Data are not saved as a model: save the transformer that they come from.");

    private static NotSupportedException NoOnnx() => new(
        $"ConvertToOnnx cannot write a {nameof(TorchImageClassificationTransformer)}, since decoding images has no ONNX form. Its " +
        $"{nameof(TorchImageClassificationTransformer.SaveOnnx)} writes the network, with normalisation and softmax; of a chain that " +
        "ends with it, LastTransformer has it.");
}
