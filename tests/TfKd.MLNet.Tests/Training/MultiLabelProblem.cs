using Microsoft.ML;

namespace TfKd.MLNet.Tests;

/// <summary>A model of drawn photos with several labels, trained once.</summary>
public sealed class MultiLabelProblem : IDisposable
{
    public const int TrainingCount = 260;

    public MultiLabelProblem()
    {
        Training = Ml.Data.LoadFromEnumerable(ShapePhotos.Make(TrainingCount));
        Test = Ml.Data.LoadFromEnumerable(ShapePhotos.Make(40, seed: 2));
        Trainer = Ml.MulticlassClassification.Trainers.TorchImageClassification(Options);
        Model = Trainer.Fit(Training);
    }

    public static TorchImageClassificationTrainer.Options Options { get; } = new()
    {
        LabelColumnName = "Tags",
        Labels = new MultipleLabels(),
        Network = new SmallCnn { InputShape = ShapePhotos.Shape, Width = 12 },
        Augmentations = [],
        MaxEpochs = 15,
        ValidationSetFraction = 0.2f,
    };

    public MLContext Ml { get; } = new(seed: 1);

    public IDataView Training { get; }

    public IDataView Test { get; }

    public TorchImageClassificationTrainer Trainer { get; }

    public TorchImageClassificationTransformer Model { get; }

    public void Dispose() => Model.Dispose();
}
