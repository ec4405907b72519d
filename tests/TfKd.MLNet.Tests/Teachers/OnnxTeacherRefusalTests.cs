namespace TfKd.MLNet.Tests;

/// <summary>ONNX files that cannot teach are refused before the first batch, with what is wrong with them.</summary>
public sealed class OnnxTeacherRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TorchImageClassificationModel _model = TestModels.WithNetwork();
    private readonly string _path;

    public OnnxTeacherRefusalTests()
    {
        _path = _folder.File("teacher.onnx");
        File.WriteAllBytes(_path, _model.Onnx.ToArray());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_the_file_leaves_open_must_be_given()
    {
        OnnxFile.WriteColours(_folder.File("free.onnx"), [null, 3, null, null], outputs: ["once", "twice"]);
        var source = new OnnxTeacher(_folder.File("free.onnx"))
        {
            ClassNames = TestRows.Names,
            OutputName = "twice",
            InputWidth = 10,
            InputHeight = 6,
        };
        AssertRefused("free.onnx", "it has 2 outputs, 'once', 'twice'; choose one with OutputName.", source with { OutputName = null });
        AssertRefused(
            "free.onnx",
            "it has no output 'thrice', which OutputName names; it has 'once', 'twice'.",
            source with { OutputName = "thrice" });
        AssertRefused(
            "free.onnx", "it has no input 'pixels', which InputName names; it has 'images'.", source with { InputName = "pixels" });
        AssertRefused(
            "free.onnx",
            "input 'images' takes images of any size, [-1,3,-1,-1]; set InputHeight to the size that it was trained with.",
            source with { InputHeight = 0 });
        AssertRefused(
            "free.onnx",
            "input 'images' takes images of any size, [-1,3,-1,-1]; set InputWidth to the size that it was trained with.",
            source with { InputWidth = 0 });
    }

    [Fact]
    public void A_single_number_is_no_answer()
    {
        OnnxFile.WriteSingleNumber(_folder.File("mean.onnx"));
        Assert.Equal(
            $"The teacher '{_folder.File("mean.onnx")}' must answer with a tensor [N,K], but output 'mean' is a single number.",
            Refusal<InvalidOperationException>(new OnnxTeacher(_folder.File("mean.onnx")) { ClassNames = TestRows.Names }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_with_tensors_in_other_files_is_refused(bool inAttribute)
    {
        // As it is there, ONNX Runtime would read it if the file's folder were the current one.
        File.WriteAllBytes(_folder.File("weights.bin"), new byte[12]);
        File.WriteAllBytes(_folder.File("parts.onnx"), OnnxFile.WithTensorElsewhere("weights.bin", inAttribute));
        Assert.Equal(
            $"The teacher's file '{_folder.File("parts.onnx")}' must be whole, but has tensors in other files ('weights.bin'), which are " +
            "not read. Save it as one file, in Python: onnx.save(onnx.load('model.onnx'), 'whole.onnx'); torch.onnx.export does so with " +
            "external_data=False. One file takes up to 2 GB.",
            Refusal<InvalidDataException>(new OnnxTeacher(_folder.File("parts.onnx")) { ClassNames = TestRows.Names }));
    }

    [Fact]
    public void What_does_not_fit_is_refused_when_the_teacher_is_opened()
    {
        var source = new OnnxTeacher(_path) { Output = TeacherOutput.Probabilities };
        Assert.Equal(
            $"The teacher's file '{_folder.File("none.onnx")}' is not there.",
            Refusal<FileNotFoundException>(source with { Path = _folder.File("none.onnx") }));
        Assert.StartsWith(
            $"ONNX Runtime cannot read the teacher's file '{_folder.File("damaged.onnx")}': ",
            Refusal<InvalidDataException>(Write("damaged.onnx", _model.Onnx.ToArray()[..(_model.Onnx.Length / 2)])));
        Assert.Equal(
            "The teacher must know the student's classes by the same names, each once. Student's 3 classes: 'red', 'green', 'pink'; " +
            "teacher's 3 classes: 'red', 'green', 'blue'.",
            Refusal<InvalidOperationException>(source, "red", "green", "pink"));
        Assert.Equal(
            $"The teacher '{_path}' answers with 3 numbers an image, but has 2 class names.",
            Refusal<InvalidOperationException>(source with { ClassNames = ["a", "b"] }, "a", "b"));
        Assert.Equal(
            $"The teacher '{_path}' answers with probabilities (each row is within [0, 1], and 1 in all), but Output is Logits; set it " +
            "to Probabilities.",
            Refusal<InvalidOperationException>(new OnnxTeacher(_path)));
        AssertRefused("teacher.onnx", "InputWidth is 9, but input 'images' takes [-1,3,8,8].", source with { InputWidth = 9 });
        Assert.StartsWith(
            $"The teacher's file '{_path}' takes uint8 images and so normalises by itself, but Normalization is ",
            Refusal<InvalidOperationException>(source with { Normalization = TestModels.Normalization }));
        OnnxFile.WriteColours(_folder.File("last.onnx"), [null, 8, 8, 3]);
        AssertRefused(
            "last.onnx", "input 'images' has the channels last, [-1,8,8,3]; expected [N,C,H,W]. Export it with the channels first.");
        OnnxFile.WriteColours(_folder.File("four.onnx"), [4, 3, 8, 8]);
        AssertRefused("four.onnx", "the batch of input 'images' must be free or 1, but is fixed at 4.");
        OnnxFile.WriteColours(_folder.File("grey.onnx"), [null, 1, 8, 8], classes: """["red", "green", "blue"]""");
        Assert.Equal(
            "The teacher takes images of 1 channels (1x8x8), but the student's have 3 (3x8x8).",
            Refusal<InvalidOperationException>(new OnnxTeacher(_folder.File("grey.onnx"))));
        OnnxFile.WriteColours(_folder.File("flat.onnx"), [null, 3, 64]);
        AssertRefused("flat.onnx", "input 'images' must be images [N,C,H,W] of Float or UInt8, but is Float of shape [-1,3,64].");
    }

    [Theory]
    [InlineData(null, "its metadata have no 'classes'")]
    [InlineData("red, green, blue", "'classes' of its metadata is no JSON list of texts")]
    [InlineData("null", "'classes' of its metadata is no JSON list of texts")]
    public void Classes_that_the_file_does_not_tell_must_be_given(string? classes, string reason)
    {
        OnnxFile.WriteColours(_folder.File("untold.onnx"), [null, 3, 8, 8], classes: classes);
        var source = new OnnxTeacher(_folder.File("untold.onnx"));

        Assert.Equal(
            $"The teacher's file '{source.Path}' does not say which classes it knows: {reason}. Set ClassNames, in the order of its " +
            "outputs.",
            Refusal<InvalidOperationException>(source));
        Assert.NotEmpty(TeacherCases.Fingerprint(source with { ClassNames = TestRows.Names }));
    }

    [Fact]
    public void Classes_may_have_other_names_than_in_the_file_but_not_each_other_s()
    {
        OnnxFile.WriteColours(_folder.File("told.onnx"), [null, 3, 8, 8], classes: """["red", "green", "blue"]""");
        var source = new OnnxTeacher(_folder.File("told.onnx"));
        Assert.Equal(
            $"ClassNames have 'green' where the teacher's file '{source.Path}' itself has 'red': its metadata name the classes red, green, "
                + "blue; leave ClassNames null.",
            Refusal<InvalidOperationException>(source with { ClassNames = ["green", "red", "blue"] }));
        Assert.Equal(
            $"ClassNames have 'red' where the teacher's file '{source.Path}' itself has 'blue': its metadata name the classes red, green, "
                + "blue; leave ClassNames null.",
            Refusal<InvalidOperationException>(source with { ClassNames = ["scarlet", "green", "red"] }));
        var renamed = source with { ClassNames = ["rouge", "vert", "blue"] };
        Assert.Equal(
            "The teacher must know the student's classes by the same names, each once. Student's 3 classes: 'red', 'green', 'blue'; "
                + "teacher's 3 classes: 'rouge', 'vert', 'blue'.",
            Refusal<InvalidOperationException>(renamed, "red", "green", "blue"));
        using (renamed.Open(TeacherCases.Context(classes: ["rouge", "vert", "blue"])))
        {
        }
    }

    private OnnxTeacher Write(string name, byte[] model)
    {
        File.WriteAllBytes(_folder.File(name), model);
        return new OnnxTeacher(_folder.File(name));
    }

    private void AssertRefused(string file, string reason, OnnxTeacher? source = null) => Assert.Equal(
        $"The teacher's file '{_folder.File(file)}' cannot be used: {reason}",
        Refusal<InvalidOperationException>(source ?? new OnnxTeacher(_folder.File(file)) { ClassNames = TestRows.Names }));

    private static string Refusal<T>(OnnxTeacher source, params string[] classes) where T : Exception =>
        Assert.Throws<T>(() => source.Open(TeacherCases.Context(classes: classes))).Message;
}
