using Microsoft.ML;
using Microsoft.ML.Data;
using TfKd.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

public sealed class ModelFileTeacherTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Answer_and_fingerprint_are_those_of_the_model()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var source = Save(transformer);
        var chained = Save(new TransformerChain<ITransformer>(new TransformerChain<ITransformer>(transformer), MapKeyToValue(transformer)));
        var images = TeacherCases.Pixels(5, TestImages.Shape);

        var expected = TeacherCases.Teach(new ModelTeacher(transformer), images, "blue", "red", "green");

        Assert.True(expected.equal(TeacherCases.Teach(source, images, "blue", "red", "green")).all().item<bool>());
        Assert.True(expected.equal(TeacherCases.Teach(chained, images, "blue", "red", "green")).all().item<bool>());
        Assert.Equal(TeacherCases.Fingerprint(new ModelTeacher(transformer)), TeacherCases.Fingerprint(source));
        Assert.Equal(TeacherCases.Fingerprint(source), TeacherCases.Fingerprint(chained));
        Assert.NotEqual(TeacherCases.Fingerprint(source), TeacherCases.Fingerprint(source, "blue", "red", "green"));
        using var network = transformer.Model.CreateNetwork();
        using var direct = new NetworkTeacher(
            network, TestRows.Names, TeacherCases.Context(classes: ["blue", "red", "green"]), ownsNetwork: false);
        TeacherCases.AssertClose(direct.Teach(TeacherCases.Batch(images)).Logits, expected);
    }

    [Fact]
    public void What_does_not_fit_is_refused_when_the_teacher_is_opened()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        Assert.Equal(
            $"The teacher's file '{_folder.File("none.zip")}' is not there.",
            Refusal<FileNotFoundException>(new ModelFileTeacher(_folder.File("none.zip"))));
        var damaged = Save(transformer);
        File.WriteAllBytes(damaged.Path, File.ReadAllBytes(damaged.Path)[..(int)(new FileInfo(damaged.Path).Length / 2)]);
        Assert.StartsWith(
            $"The teacher's file '{damaged.Path}' is no model that ML.NET can load: ", Refusal<InvalidDataException>(damaged));
        var other = Save(MapKeyToValue(transformer));
        Assert.Equal(
            $"The teacher's file '{other.Path}' must have exactly one TorchImageClassificationTransformer, but has 0.",
            Refusal<InvalidDataException>(other));
        var two = Save(
            new TransformerChain<ITransformer>(
                transformer, new TorchImageClassificationTransformer(transformer.Model, new TransformerColumns("Image", "S", "P"))));
        Assert.Equal(
            $"The teacher's file '{two.Path}' must have exactly one TorchImageClassificationTransformer, but has 2.",
            Refusal<InvalidDataException>(two));
        Assert.Equal(
            "The teacher must know the student's classes by the same names, each once and no others, unless Classes is MayBeMore. " +
            "Student's 2 classes: 'red', 'green'; teacher's 3 classes: 'red', 'green', 'blue'.",
            Refusal<InvalidOperationException>(Save(transformer), "red", "green"));
        Assert.Equal(
            "The teacher takes images of 3 channels (3x8x8), but the student's have 1 (1x8x8).",
            Assert.Throws<InvalidOperationException>(() => Save(transformer).Open(TeacherCases.Context(new ImageShape(1, 8, 8)))).Message);
    }

    [Fact]
    public void Of_a_model_that_knows_more_classes_the_students_are_taken_where_that_is_chosen()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        var images = TeacherCases.Pixels(5, TestImages.Shape);
        var three = TeacherCases.Teach(new ModelTeacher(transformer), images, "red", "green", "blue").softmax(1);
        var two = three.index_select(1, tensor([2L, 0L]));
        var expected = two / two.sum(1, keepdim: true);
        TeacherSource[] sources =
        [
            new ModelTeacher(transformer) { Classes = TeacherClasses.MayBeMore },
            Save(transformer) with { Classes = TeacherClasses.MayBeMore },
        ];
        foreach (var source in sources)
        {
            TeacherCases.AssertClose(expected, TeacherCases.Teach(source, images, "blue", "red").softmax(1));
            Assert.Throws<InvalidOperationException>(() => source.Open(TeacherCases.Context(classes: ["red", "pink"])));
        }

        Assert.NotEqual(new ModelTeacher(transformer), sources[0]);
    }

    [Fact]
    public void A_refused_model_leaves_no_tensor_behind()
    {
        using var transformer = new TorchImageClassificationTransformer(TestModels.WithNetwork(), TestModels.Columns);
        TeacherSource[] sources = [new ModelTeacher(transformer), Save(transformer)];
        Assert.All(sources, source =>
        {
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            Assert.Throws<InvalidOperationException>(() => source.Open(TeacherCases.Context(classes: ["red", "green"])));
            Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            source.Open(TeacherCases.Context()).Dispose();
            Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        });
    }

    [Fact]
    public void Sources_are_plain_values()
    {
        Assert.Equal(new ModelFileTeacher("a.zip"), new ModelFileTeacher("a.zip"));
        Assert.NotEqual(new ModelFileTeacher("a.zip"), new ModelFileTeacher("b.zip"));
        Assert.Equal("ModelFileTeacher { Path = a.zip, Classes = AsStudent }", new ModelFileTeacher("a.zip").ToString());
        Assert.Equal(
            "Path must be a name, but is null. (Parameter 'Path')",
            Assert.Throws<ArgumentException>(() => new ModelFileTeacher(null!)).Message);
        // Of the same weights, with other names of classes.
        var model = TestModels.WithNetwork();
        using var network = model.CreateNetwork();
        ModelTeacher Named(params string[] names) =>
            new(
                new TorchImageClassificationTransformer(
                    NetworkExport.ToModel(network, ClassKeys.FromCard(TestModels.TextClasses(names)), TestModels.Training),
                    TestModels.Columns));
        Assert.Equal(Named("red", "green", "blue"), Named("red", "green", "blue"));
        Assert.NotEqual(Named("red", "green", "blue"), Named("blue", "green", "red"));
    }

    [Fact]
    public void A_student_learns_from_it_in_a_pipeline_the_same_as_from_the_model()
    {
        using var teacher = TeacherCases.TrainedOnColours();
        TeacherCases.AssertTeachesColours(Save(teacher));

        string Distil(TeacherSource source)
        {
            using var student = TrainingRuns.Fit(
                options: TrainingRuns.Options with { Objective = new KnowledgeDistillation(), Teacher = source, MaxEpochs = 1 });
            return student.Model.Card.WeightsSha256;
        }

        Assert.Equal(Distil(new ModelTeacher(teacher)), Distil(Save(teacher)));
    }

    [Fact]
    public void A_student_learns_no_colours_from_a_teacher_that_knows_none() =>
        Assert.Contains(
            "agrees with the teacher on ",
            Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => TeacherCases.AssertTeachesColours(new UniformTeacher())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_student_learns_in_a_pipeline_from_a_script()
    {
        var path = _folder.File("colours.pt");
        TorchScriptFile.Write(path, "answer = torch.mul(torch.mean(images, [2, 3]), 0.1)");
        TeacherCases.AssertTeachesColours(new TorchScriptTeacher(path) { ClassNames = TestRows.Names });
    }

    [Fact]
    public void A_student_learns_in_a_pipeline_from_an_ensemble_of_files()
    {
        using var teacher = TeacherCases.TrainedOnColours();
        teacher.SaveOnnx(_folder.File("colours.onnx"));
        var onnx = new OnnxTeacher(_folder.File("colours.onnx")) { Output = TeacherOutput.Probabilities };
        var scores = new ScoreColumnTeacher("Scores") { ClassNames = TestRows.Names };
        TeacherCases.AssertTeachesColours(new EnsembleTeacher(Save(teacher), onnx, scores) { Weights = [1, 1, 0.5] });
    }

    private IDataView Data => _ml.Data.LoadFromEnumerable(TestRows.Make(3));

    private ITransformer MapKeyToValue(TorchImageClassificationTransformer transformer) =>
        _ml.Transforms.Conversion.MapKeyToValue("Name", "PredictedLabel").Fit(transformer.Transform(Data));

    private ModelFileTeacher Save(ITransformer transformer)
    {
        var path = _folder.File($"{Guid.NewGuid():N}.zip");
        _ml.Model.Save(transformer, Data.Schema, path);
        return new ModelFileTeacher(path);
    }

    private static string Refusal<T>(ModelFileTeacher source, params string[] classes) where T : Exception =>
        Assert.Throws<T>(() => source.Open(TeacherCases.Context(classes: classes))).Message;
}
