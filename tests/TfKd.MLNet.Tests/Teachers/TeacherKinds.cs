using Microsoft.ML;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>A teacher, and what is known of its kind.</summary>
/// <param name="Source">The teacher.</param>
/// <param name="GivesFeatures">Whether there is a network at hand from the first batch on, whose stages can be looked at.</param>
internal sealed record TeacherKind(TeacherSource Source, bool GivesFeatures);

/// <summary>One teacher of every public kind, for one set of classes; the files of those that are read from files go in the end.</summary>
internal sealed class TeacherKinds : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, TeacherKind> _kinds;

    /// <param name="model">A classifier of the classes.</param>
    /// <param name="rows">Rows with the columns that the classifier reads.</param>
    /// <param name="scoreColumn">Where the training rows have the classifier's scores.</param>
    /// <param name="classNames">The classes, in the classifier's order.</param>
    public TeacherKinds(TorchImageClassificationTransformer model, IDataView rows, string scoreColumn, IReadOnlyList<string> classNames)
    {
        new MLContext().Model.Save(model, rows.Schema, _folder.File("teacher.zip"));
        model.SaveOnnx(_folder.File("teacher.onnx"));
        TorchScriptFile.Write(
            _folder.File("teacher.pt"),
            $"answer = torch.mul(torch.adaptive_avg_pool1d(torch.flatten(images, 1), [{classNames.Count}]), 0.02)");
        using (var network = model.Model.Architecture.Build(classNames.Count))
            NetworkWeights.Save(network, _folder.File("teacher.safetensors"));
        TeacherKind[] kinds =
        [
            new(new ModelTeacher(model), true),
            new(new ModelFileTeacher(_folder.File("teacher.zip")), true),
            new(new WeightFileTeacher(model.Model.Architecture, _folder.File("teacher.safetensors")), true),
            new(new TrainedTeacher(model.Model.Architecture) { Epochs = 1 }, true),
            new(new SelfTeacher { Generations = 2 }, true),
            new(new MovingAverageTeacher(), true),
            new(new PeerTeacher(), true),
            // In the first epoch there is no past: the rows' own targets answer.
            new(new PreviousEpochTeacher(), false),
            new(new OnnxTeacher(_folder.File("teacher.onnx")) { Output = TeacherOutput.Probabilities }, false),
            new(new TorchScriptTeacher(_folder.File("teacher.pt")) { ClassNames = classNames }, false),
            new(new ScoreColumnTeacher(scoreColumn) { ClassNames = classNames }, false),
            // Whose members have one network of two; the mean is of answers.
            new(new EnsembleTeacher(new ModelTeacher(model), new UniformTeacher()), false),
            new(new VirtualTeacher { Temperature = 20 }, false),
            new(new UniformTeacher(), false),
        ];
        _kinds = kinds.ToDictionary(kind => kind.Source.GetType().Name);
    }

    /// <summary>Every public kind of teacher that the two libraries have, by name.</summary>
    public static TheoryData<string> Names => [.. new[] { typeof(TeacherSource), typeof(ModelTeacher) }
        .SelectMany(type => type.Assembly.GetExportedTypes())
        .Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(TeacherSource)))
        .Select(type => type.Name)];

    public TeacherKind this[string name] =>
        _kinds.TryGetValue(name, out var kind)
            ? kind
            : throw new ArgumentException($"The table has no {name}; add one to {nameof(TeacherKinds)}.", nameof(name));

    public void Dispose() => _folder.Dispose();
}
