using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

public sealed class OnnxTeacherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly TorchImageClassificationModel _model = TestModels.WithNetwork();
    private readonly ImageNetwork _network;
    private readonly string _path;

    public OnnxTeacherTests()
    {
        _network = _model.CreateNetwork();
        _path = _folder.File("teacher.onnx");
        File.WriteAllBytes(_path, _model.Onnx.ToArray());
    }

    public void Dispose()
    {
        _network.Dispose();
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Float32)]
    public void An_export_of_a_transformer_answers_as_its_network(ScalarType type)
    {
        var images = TeacherCases.Pixels(5, TestImages.Shape, type);
        var source = new OnnxTeacher(_path) { Output = TeacherOutput.Probabilities };

        TeacherCases.AssertClose(Expected(images).log_softmax(1), TeacherCases.Teach(source, images));
    }

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Float32)]
    public void Logits_and_both_types_of_input_are_taken(ScalarType type)
    {
        var options = new OnnxExportOptions { InputShape = TestImages.Shape, InputType = type };
        var source = Write("logits.onnx", OnnxExporter.Export(_network, options)) with { ClassNames = TestRows.Names };
        var images = TeacherCases.Pixels(5, TestImages.Shape);

        TeacherCases.AssertClose(Expected(images), TeacherCases.Teach(source, images));
    }

    [Fact]
    public void Images_are_resized_and_normalised_as_the_model_takes_them()
    {
        // The body alone takes what is normalised already.
        var body = OnnxExporter.Export(
            _network.Body, new OnnxExportOptions { InputShape = TestImages.Shape, InputType = ScalarType.Float32 });
        var source = Write("body.onnx", body) with { ClassNames = TestRows.Names, Normalization = TestModels.Normalization };
        foreach (var shape in (ImageShape[])[TestImages.Shape, new(3, 12, 20)])
        {
            var images = TeacherCases.Pixels(5, shape);
            TeacherCases.AssertClose(Expected(images), TeacherCases.Teach(source, images));
        }
    }

    [Fact]
    public void Bytes_are_rounded_after_resizing()
    {
        var source = new OnnxTeacher(_path) { Output = TeacherOutput.Probabilities };
        var images = TeacherCases.Pixels(5, new ImageShape(3, 12, 20));
        var resized = nn.functional.interpolate(
            images.to(ScalarType.Float32), [8, 8], mode: InterpolationMode.Bilinear, align_corners: false)
            .round()
            .to(ScalarType.Byte);

        TeacherCases.AssertClose(Expected(resized).log_softmax(1), TeacherCases.Teach(source, images));
    }

    [Fact]
    public void Columns_come_in_the_order_of_the_students_classes()
    {
        var source = new OnnxTeacher(_path) { Output = TeacherOutput.Probabilities };
        var images = TeacherCases.Pixels(5, TestImages.Shape);

        var answer = TeacherCases.Teach(source, images, "blue", "red", "green");

        TeacherCases.AssertClose(Expected(images).log_softmax(1).index_select(1, tensor([2L, 0L, 1L])), answer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_made_for_one_image_is_asked_image_by_image(bool takesBytes)
    {
        OnnxFile.WriteColours(_folder.File("one.onnx"), [1, 3, 8, 8], classes: """["red", "green", "blue"]""", takesBytes: takesBytes);
        var images = TeacherCases.Pixels(5, TestImages.Shape);

        TeacherCases.AssertClose(
            images.to(ScalarType.Float32).mean([2, 3]), TeacherCases.Teach(new OnnxTeacher(_folder.File("one.onnx")), images));
    }

    [Fact]
    public void A_free_size_must_be_given_and_an_output_chosen()
    {
        OnnxFile.WriteColours(_folder.File("free.onnx"), [null, 3, null, null], outputs: ["once", "twice"]);
        var source = new OnnxTeacher(_folder.File("free.onnx"))
        {
            ClassNames = TestRows.Names,
            OutputName = "twice",
            InputWidth = 10,
            InputHeight = 6,
        };
        var images = TeacherCases.Pixels(5, TestImages.Shape);
        var resized = nn.functional.interpolate(
            images.to(ScalarType.Float32), [6, 10], mode: InterpolationMode.Bilinear, align_corners: false);

        TeacherCases.AssertClose(resized.mean([2, 3]) * 2, TeacherCases.Teach(source, images));
    }

    [Fact]
    public void Fingerprint_is_of_the_file_the_settings_and_the_order_of_the_columns()
    {
        OnnxFile.WriteColours(_folder.File("free.onnx"), [null, 3, null, null], outputs: ["once", "twice"]);
        File.Copy(_folder.File("free.onnx"), _folder.File("copy.onnx"));
        var source = new OnnxTeacher(_folder.File("free.onnx"))
        {
            ClassNames = TestRows.Names,
            OutputName = "once",
            InputWidth = 8,
            InputHeight = 8,
        };
        string[] different =
        [
            TeacherCases.Fingerprint(source),
            TeacherCases.Fingerprint(source, "blue", "red", "green"),
            TeacherCases.Fingerprint(source with { OutputName = "twice" }),
            TeacherCases.Fingerprint(source with { InputWidth = 9 }),
            TeacherCases.Fingerprint(source with { Normalization = TestModels.Normalization }),
            TeacherCases.Fingerprint(source with { Output = TeacherOutput.Probabilities }),
            TeacherCases.Fingerprint(new OnnxTeacher(_path) { Output = TeacherOutput.Probabilities }),
        ];

        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different[0], TeacherCases.Fingerprint(source with { Path = _folder.File("copy.onnx") }));
    }

    [Fact]
    public void Each_batch_leaves_one_tensor_and_the_end_none()
    {
        var batch = TeacherCases.Batch(TeacherCases.Pixels(2, new ImageShape(3, 16, 16)));
        var atStart = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        var source = new OnnxTeacher(_path) { Output = TeacherOutput.Probabilities };
        using (var teacher = source.Open(TeacherCases.Context(new ImageShape(3, 16, 16), "blue", "red", "green")))
        {
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            using var logits = teacher.Teach(batch).Logits;
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }

        Assert.Equal(atStart, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Source_is_a_plain_value()
    {
        Assert.Equal(new OnnxTeacher("a") { ClassNames = ["x"] }, new OnnxTeacher("a") { ClassNames = ["x"] });
        Assert.NotEqual(new OnnxTeacher("a") { ClassNames = ["x"] }, new OnnxTeacher("a") { ClassNames = ["y"] });
        Assert.Equal(
            "OnnxTeacher { Path = a, ClassNames = [x, y], InputWidth = 0, InputHeight = 0, Normalization = , Output = Logits, InputName " +
            "= , OutputName = , Classes = AsStudent }",
            new OnnxTeacher("a") { ClassNames = ["x", "y"] }.ToString());
        Assert.Equal(
            "Path must be a name, but is empty. (Parameter 'Path')", Assert.Throws<ArgumentException>(() => new OnnxTeacher("")).Message);
    }

    [Fact]
    public void A_student_learns_from_it_in_a_pipeline()
    {
        using (var teacher = TeacherCases.TrainedOnColours())
            teacher.SaveOnnx(_folder.File("colours.onnx"));
        TeacherCases.AssertTeachesColours(new OnnxTeacher(_folder.File("colours.onnx")) { Output = TeacherOutput.Probabilities });
    }

    private OnnxTeacher Write(string name, byte[] model)
    {
        File.WriteAllBytes(_folder.File(name), model);
        return new OnnxTeacher(_folder.File(name));
    }

    private Tensor Expected(Tensor images)
    {
        using var teacher = new NetworkTeacher(_network, TestRows.Names, TeacherCases.Context(), ownsNetwork: false);
        return teacher.Teach(TeacherCases.Batch(images)).Logits;
    }
}
