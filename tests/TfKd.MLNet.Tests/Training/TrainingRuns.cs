using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>Quick runs on coloured images that a small network learns in a few epochs.</summary>
internal static class TrainingRuns
{
    public static readonly TorchImageClassificationTrainer.Options Options = new()
    {
        Network = TestModels.Architecture,
        Augmentations = [],
        BatchSize = 16,
        MaxEpochs = 3,
    };

    public static IDataView Rows(MLContext ml, int count = 90) => TestRows.WithKeys(ml, ml.Data.LoadFromEnumerable(TestRows.Make(count)));

    public static TorchImageClassificationTransformer Fit(
        int? seed = 1, TorchImageClassificationTrainer.Options? options = null, Func<MLContext, IDataView>? rows = null)
    {
        var ml = new MLContext(seed);
        return ml.MulticlassClassification.Trainers.TorchImageClassification(options ?? Options).Fit(
            (rows ?? (context => Rows(context)))(ml));
    }
}
