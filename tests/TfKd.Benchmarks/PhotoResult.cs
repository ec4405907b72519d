using Microsoft.ML;

namespace TfKd.Benchmarks;

/// <summary>What one fold brought.</summary>
/// <param name="Accuracy">Of the photos held out.</param>
/// <param name="LogLoss">Of the photos held out.</param>
/// <param name="Seconds">Of the Fit.</param>
/// <param name="Processor">Seconds of processor time of the Fit.</param>
/// <param name="Bytes">Of the saved model.</param>
/// <param name="BytesToScore">Of the saved model without what scoring does not need.</param>
internal sealed record PhotoResult(double Accuracy, double LogLoss, double Seconds, double Processor, long Bytes, long BytesToScore)
{
    public static long SizeOf(MLContext ml, ITransformer model, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(model, schema, stream);
        return stream.Length;
    }
}
