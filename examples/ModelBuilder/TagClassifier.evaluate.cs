using Microsoft.ML;
using TfKd;
using TfKd.MLNet;

namespace ModelBuilder;

public partial class TagClassifier
{
    /// <summary>Metrics on photos that the model was not trained on.</summary>
    public static MultiLabelMetrics Evaluate(
        MLContext mlContext, IDataView testData, ITransformer model, string labelColumnName = @"Label")
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(model);
        return mlContext.MulticlassClassification.EvaluateMultiLabel(
            model.Transform(testData), labelColumnName: labelColumnName, scoreColumnName: @"Score", separator: Separator);
    }

    /// <summary>Writes the mean average precision, F1 and a table of the labels.</summary>
    public static void WriteReport(TextWriter writer, MultiLabelMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(metrics);
        var width = metrics.Classes.Max(label => label.Name.Length) + 2;
        writer.WriteLine(
            $"mAP {metrics.MeanAveragePrecision:P1}, F1 {metrics.MicroF1:P1}, all labels right {metrics.SubsetAccuracy:P1}");
        writer.WriteLine();
        writer.WriteLine($"{"label".PadRight(width)}{"photos",8}{"AP",9}{"threshold",11}{"precision",11}{"recall",9}{"F1",9}");
        foreach (var label in metrics.Classes)
        {
            writer.Write($"{label.Name.PadRight(width)}{label.Count,8}{label.AveragePrecision,9:P1}{label.Threshold,11:F3}");
            writer.WriteLine($"{label.Precision,11:P1}{label.Recall,9:P1}{label.F1,9:P1}");
        }
    }
}
