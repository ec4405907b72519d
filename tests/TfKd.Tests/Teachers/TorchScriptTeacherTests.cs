using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class TorchScriptTeacherTests : IDisposable
{
    private static readonly string[] _classes = ["class 0", "class 1", "class 2"];
    private static readonly ChannelStatistics _statistics = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tfkd-");
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ImageNetwork _network;
    private readonly string _path;
    private readonly TorchScriptTeacher _source;

    public TorchScriptTeacherTests()
    {
        _path = Path.Combine(_folder.FullName, "teacher.pt");
        random.manual_seed(9);
        _network = new PlainNetwork().Build(classCount: 3);
        _network.Normalization.Set(_statistics);
        _network.eval();
        TorchScriptFile.Write(_path, Script());
        _source = new TorchScriptTeacher(_path) { ClassNames = _classes, Normalization = _statistics };
    }

    public void Dispose()
    {
        _network.Dispose();
        _scope.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Float32)]
    public void Answer_is_that_of_the_network_in_evaluation_mode(ScalarType type)
    {
        var images = TestNetworks.Pixels(5, new ImageShape(3, 8, 8), type);

        AssertClose(Expected(images), Teach(_source, images));
    }

    [Fact]
    public void Without_statistics_the_network_gets_the_pixels_as_they_are()
    {
        _network.Normalization.Set(new ChannelStatistics([0, 0, 0], [1 / 255.0, 1 / 255.0, 1 / 255.0]));
        var images = TestNetworks.Pixels(5, new ImageShape(3, 8, 8));

        AssertClose(Expected(images), Teach(_source with { Normalization = null }, images));
    }

    [Fact]
    public void Images_are_resized_to_the_shape_that_the_network_takes()
    {
        var images = TestNetworks.Pixels(5, new ImageShape(3, 12, 20));

        AssertClose(Expected(images), Teach(_source with { InputShape = new ImageShape(3, 8, 8) }, images));
    }

    [Fact]
    public void Columns_come_in_the_order_of_the_students_classes()
    {
        var images = TestNetworks.Pixels(5, new ImageShape(3, 8, 8));

        var answer = Teach(_source with { ClassNames = ["class 2", "class 0", "class 1"] }, images);

        AssertClose(Expected(images).index_select(1, tensor([1L, 2L, 0L])), answer);
    }

    [Fact]
    public void Probabilities_become_logarithms_and_stay_finite()
    {
        TorchScriptFile.Write(At("probabilities.pt"), $"{Script()}\nanswer = torch.softmax(torch.mul(answer, 1000.0), 1)");
        var images = TestNetworks.Pixels(5, new ImageShape(3, 8, 8));

        var answer = Teach(_source with { Path = At("probabilities.pt"), Output = TeacherOutput.Probabilities }, images);

        Assert.True(answer.isfinite().all().item<bool>());
        Assert.True(answer.min().item<float>() < -80, answer.min().ToString());
        AssertClose((Expected(images) * 1000).softmax(1), answer.softmax(1));
    }

    [Fact]
    public void What_the_answers_are_is_checked()
    {
        TorchScriptFile.Write(At("probabilities.pt"), $"{Script()}\nanswer = torch.softmax(answer, 1)");
        Assert.Equal(
            $"The teacher '{At("probabilities.pt")}' answers with probabilities (each row is within [0, 1], and 1 in all), but Output is Logits; set it to Probabilities.",
            Refusal<InvalidOperationException>(_source with { Path = At("probabilities.pt") }));
        TorchScriptFile.Write(At("negative.pt"), $"{Script()}\nanswer = torch.neg(torch.abs(answer))");
        using var logits = (_source with { Path = At("negative.pt"), Output = TeacherOutput.Probabilities }).Open(TeacherFixture.Context(3));
        Assert.Contains(
            "expected probabilities, 0 or above (set Output to Logits where they are logits).",
            Assert.Throws<InvalidOperationException>(() => logits.Teach(Batch(TestNetworks.Pixels(64, new ImageShape(3, 8, 8))))).Message,
            StringComparison.Ordinal);
        TorchScriptFile.Write(At("nan.pt"), $"{Script()}\nanswer = torch.log(torch.neg(torch.abs(answer)))");
        using var broken = (_source with { Path = At("nan.pt") }).Open(TeacherFixture.Context(3));
        Assert.Equal(
            $"The teacher '{At("nan.pt")}' answered row 0 of a batch with NaN for class 0; expected finite numbers.",
            Assert.Throws<InvalidOperationException>(() => broken.Teach(Batch(TestNetworks.Pixels(2, new ImageShape(3, 8, 8))))).Message);
    }

    [Fact]
    public void What_does_not_fit_is_refused_when_the_teacher_is_opened()
    {
        Assert.Equal($"The teacher's file '{At("none.pt")}' is not there.", Refusal<FileNotFoundException>(_source with { Path = At("none.pt") }));
        File.WriteAllBytes(At("damaged.pt"), File.ReadAllBytes(_path)[..(int)(new FileInfo(_path).Length / 2)]);
        Assert.StartsWith($"The teacher's file '{At("damaged.pt")}' is no TorchScript that libtorch can load: ", Refusal<InvalidDataException>(_source with { Path = At("damaged.pt") }));
        Assert.Equal(
            "The teacher must know the student's classes by the same names, each once. Student's 3 classes: 'class 0', 'class 1', 'class 2'; teacher's 3 classes: 'class 0', 'class 1', 'cat'.",
            Refusal<InvalidOperationException>(_source with { ClassNames = ["class 0", "class 1", "cat"] }));
        TorchScriptFile.Write(At("four.pt"), $"{Script()}\nanswer = torch.cat([answer, answer], 1)");
        Assert.Equal($"The teacher '{At("four.pt")}' answers with 6 numbers an image, but has 3 class names.", Refusal<InvalidOperationException>(_source with { Path = At("four.pt") }));
        TorchScriptFile.Write(At("map.pt"), "answer = images");
        Assert.Equal(
            $"The teacher '{At("map.pt")}' must answer 4 images with a floating point tensor [4,3], but answers with Float32 of shape [4,3,8,8].",
            Refusal<InvalidOperationException>(_source with { Path = At("map.pt") }));
        Assert.StartsWith($"The teacher '{_path}' cannot answer images [4,3,2,2]: ", Refusal<InvalidOperationException>(_source with { InputShape = new ImageShape(3, 2, 2) }));
        Assert.Equal(
            "The teacher takes images of 1 channels (1x8x8), but the student's have 3 (3x8x8).", Refusal<InvalidOperationException>(_source with { InputShape = new ImageShape(1, 8, 8) }));
        Assert.Equal(
            "Normalization has statistics of 1 channels, but the teacher takes images of 3 (3x8x8).",
            Refusal<InvalidOperationException>(_source with { Normalization = new ChannelStatistics([0.5], [0.5]) }));
    }

    [Theory]
    [InlineData("answer = ops.torchvision.nms(images, images, 0.5)", "torchvision::nms")]
    [InlineData("answer = torch.an_operator_of_tomorrow(images)", "aten::an_operator_of_tomorrow")]
    [InlineData("answer = ops.mkldnn_prepacked.of_nobody(ops.torchvision.nms(images, images, 0.5))", "mkldnn_prepacked::of_nobody, torchvision::nms")]
    public void Operators_that_libtorch_does_not_have_are_refused_and_do_not_end_the_process(string statements, string operators)
    {
        TorchScriptFile.Write(At("foreign.pt"), statements);

        var message = Refusal<InvalidDataException>(_source with { Path = At("foreign.pt") });

        Assert.StartsWith($"The teacher's file '{At("foreign.pt")}' is no TorchScript that libtorch can load: it asks for operators that ", message);
        Assert.Contains($" does not have: {operators}. They belong to another library", message);
    }

    [Theory]
    [InlineData("answer = torch.mul(images)", "aten::mul")]
    [InlineData("answer = torch.conv2d(images, 3, None, 7)", "aten::conv2d")]
    [InlineData("answer = nothing_of_this_name", "nothing_of_this_name")]
    [InlineData("answer = (", "expected")]
    public void Code_that_does_not_compile_is_refused_and_does_not_end_the_process(string statement, string found)
    {
        TorchScriptFile.Write(At("broken.pt"), statement);
        for (var time = 0; time < 2; time++)
        {
            var message = Refusal<InvalidDataException>(_source with { Path = At("broken.pt") });
            Assert.StartsWith($"The teacher's file '{At("broken.pt")}' is no TorchScript that libtorch can load: ", message);
            Assert.Contains(found, message);
        }

        // And what compiles is opened as before.
        (_source with { Path = _path }).Open(TeacherFixture.Context(3)).Dispose();
    }

    [Fact]
    public void Operators_in_texts_are_none()
    {
        Assert.Equal(
            ["aten::add", "prim::min", "aten::relu_"],
            TorchScriptArchive.Operators("""
                x = torch.add(y, "torch.nothing(", 'ops.a.b(\'') # torch.comment(
                z = ops.prim.min([1]); w = __torch__.torch.nn.Linear(torch.relu_(x)); v = self.torch.f(w)
                """.Replace("\\'", "\'", StringComparison.Ordinal)));
        TorchScriptFile.Write(At("text.pt"), $"{Script()}\nif torch.dim(images) == 7:\n  ops.prim.RaiseException(\"ops.torchvision.nms(\")");
        using var teacher = (_source with { Path = At("text.pt") }).Open(TeacherFixture.Context(3));
        Assert.True(TorchOperators.Has("aten::conv2d") && TorchOperators.Has("prim::NumToTensor") && TorchOperators.Has("aten::__getitem__"));
    }

    [Fact]
    public void A_damaged_file_and_one_of_weights_alone_are_called_so()
    {
        var content = File.ReadAllBytes(_path);
        content[content.AsSpan().IndexOf("torch.conv2d"u8) + 8] ^= 1;
        File.WriteAllBytes(At("flipped.pt"), content);
        Assert.StartsWith(
            $"The teacher's file '{At("flipped.pt")}' is no TorchScript that libtorch can load: the file is damaged: expected the CRC-32 ",
            Refusal<InvalidDataException>(_source with { Path = At("flipped.pt") }));
        File.WriteAllBytes(At("weights.pt"), Convert.FromBase64String(WrittenByPyTorch.Zip));
        Assert.Contains(
            "expected code beside the weights, found none; torch.jit.save writes it",
            Refusal<InvalidDataException>(_source with { Path = At("weights.pt") }));
    }

    [Theory]
    [InlineData("answer = torch.dropout(answer, 0.5, True)", "when it is asked again")]
    [InlineData("answer = torch.sub(answer, torch.mean(answer, [0], True))", "in another batch")]
    public void A_teacher_whose_answers_depend_on_the_batch_or_on_chance_is_refused(string statement, string when)
    {
        TorchScriptFile.Write(At("training.pt"), $"{Script()}\n{statement}");

        var message = Refusal<InvalidOperationException>(_source with { Path = At("training.pt") });

        Assert.StartsWith($"The teacher '{At("training.pt")}' answers the same image differently {when}, by up to ", message);
        Assert.Contains(": its answers depend on the batch or on chance. It was saved in training mode", message);
    }

    [Theory]
    [InlineData("Dict[str, Tensor]", "{\"logits\": result}")]
    [InlineData("NoneType", "None")]
    [InlineData("Tuple[Tensor, Tensor]", "(result, result)")]
    [InlineData("List[Tensor]", "[result]")]
    [InlineData("int", "3")]
    public void An_answer_that_is_no_tensor_is_refused_in_words(string type, string returned)
    {
        TorchScriptFile.Write(At("other.pt"), Script(), type, returned);

        Assert.Equal(
            $"The teacher '{At("other.pt")}' must answer with one tensor [N,K], but answers with something else (a dictionary, a tuple or None, say); save a module whose forward returns the logits alone.",
            Refusal<InvalidOperationException>(_source with { Path = At("other.pt") }));
    }

    [Fact]
    public void A_network_that_was_traced_for_one_image_is_asked_image_by_image()
    {
        TorchScriptFile.Write(At("one.pt"), $"{Script()}\nanswer = torch.view(answer, [1, 3])");
        var images = TestNetworks.Pixels(5, new ImageShape(3, 8, 8));

        AssertClose(Expected(images), Teach(_source with { Path = At("one.pt") }, images));
    }

    [Theory]
    [InlineData("answer = torch.to(answer, 5)", 5)]
    [InlineData("answer = torch.add(torch.matmul(torch.mean(images, [2, 3]), torch.to(torch.eye(3), 5)), 0)", 5)]
    [InlineData("answer = torch.add(torch.matmul(torch.mean(images, [2, 3]), torch.to(torch.eye(3), 15)), 0)", 15)]
    public void A_network_of_half_precision_is_asked_in_it(string statement, int type)
    {
        Assert.True(type is (int)ScalarType.Float16 or (int)ScalarType.BFloat16);
        var own = !statement.Contains("eye", StringComparison.Ordinal);
        TorchScriptFile.Write(At("half.pt"), own ? $"{Script()}\n{statement}" : statement);
        var images = TestNetworks.Pixels(5, new ImageShape(3, 8, 8));
        var source = _source with { Path = At("half.pt"), Normalization = own ? _statistics : null };

        var answer = Teach(source, images);

        Assert.Equal(ScalarType.Float32, answer.dtype);
        var expected = own ? Expected(images) : images.to(ScalarType.Float32).mean([2, 3]);
        Assert.True(allclose(expected, answer, rtol: 0.02, atol: 0.02));
    }

    [Fact]
    public void Of_a_teacher_that_knows_more_classes_the_students_are_taken_where_that_is_chosen()
    {
        TorchScriptFile.Write(At("six.pt"), $"{Script()}\nanswer = torch.cat([torch.neg(answer), answer], 1)");
        var source = _source with { Path = At("six.pt"), ClassNames = ["cat", "dog", "owl", "class 1", "class 2", "class 0"] };
        var images = TestNetworks.Pixels(5, new ImageShape(3, 8, 8));
        Assert.Contains(
            "each once and no others, unless Classes is MayBeMore. Student's 3 classes", Refusal<InvalidOperationException>(source));

        var answer = Teach(source with { Classes = TeacherClasses.MayBeMore }, images);

        var six = cat([-Expected(images), Expected(images)], 1).softmax(1);
        var three = six.index_select(1, tensor([5L, 3L, 4L]));
        AssertClose(three / three.sum(1, keepdim: true), answer.softmax(1));
        Assert.Contains(
            "the same names, each once. Student's",
            Refusal<InvalidOperationException>(source with { Classes = TeacherClasses.MayBeMore, ClassNames = ["a", "b", "c", "d", "e", "class 0"] }));
    }

    [Fact]
    public void Fingerprint_is_of_the_file_the_settings_and_the_order_of_the_columns()
    {
        TorchScriptFile.Write(At("other.pt"), $"{Script()}\nanswer = torch.mul(answer, 2.0)");
        File.Copy(_path, At("copy.pt"));
        string[] different =
        [
            Fingerprint(_source),
            Fingerprint(_source with { Path = At("other.pt") }),
            Fingerprint(_source with { InputShape = new ImageShape(3, 9, 8) }),
            Fingerprint(_source with { Normalization = null }),
            Fingerprint(_source with { Output = TeacherOutput.Probabilities }),
            Fingerprint(_source with { ClassNames = ["class 2", "class 0", "class 1"] }),
        ];

        Assert.Equal(different.Length, different.Distinct().Count());
        Assert.Equal(different[0], Fingerprint(_source with { Path = At("copy.pt"), InputShape = new ImageShape(3, 8, 8) }));
    }

    [Fact]
    public void Each_batch_leaves_one_tensor_and_the_end_none()
    {
        var batch = Batch(TestNetworks.Pixels(2, new ImageShape(3, 16, 16)));
        var atStart = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        var source = _source with { ClassNames = ["class 2", "class 0", "class 1"], InputShape = new ImageShape(3, 8, 8) };
        using (var teacher = source.Open(TeacherFixture.Context(3, new ImageShape(3, 16, 16))))
        {
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            for (var i = 0; i < 5; i++)
            {
                using var logits = teacher.Teach(batch).Logits;
                Assert.False(logits.requires_grad);
                Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            }
        }

        Assert.Equal(atStart, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Source_is_a_plain_value()
    {
        Assert.Equal(_source, new TorchScriptTeacher(_path) { ClassNames = [.. _classes], Normalization = new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]) });
        Assert.NotEqual(_source, _source with { ClassNames = ["class 0", "class 2", "class 1"] });
        Assert.Equal(
            "TorchScriptTeacher { Path = a.pt, ClassNames = [x, y], InputShape = , Normalization = , Output = Logits, Classes = AsStudent }",
            new TorchScriptTeacher("a.pt") { ClassNames = ["x", "y"] }.ToString());
        Assert.Equal("Path must be a name, but is empty. (Parameter 'Path')", Assert.Throws<ArgumentException>(() => new TorchScriptTeacher("") { ClassNames = [] }).Message);
    }

    [Fact]
    public void A_student_learns_from_it_what_the_labels_do_not_tell()
    {
        TorchScriptFile.Write(At("places.pt"), Places());
        var rows = PatternSource.Create(96);
        // Labels that say nothing of the image: what agreement there is comes from the teacher.
        var shuffled = new DecodedCache(rows.Shape, rows.ClassNames);
        var pixels = new byte[rows.Shape.ByteCount];
        for (var row = 0; row < rows.Count; row++)
        {
            rows.ReadPixels(row, pixels);
            shuffled.Add(pixels, row / 4 % 4);
        }

        var source = new TorchScriptTeacher(At("places.pt")) { ClassNames = rows.ClassNames };
        var trainer = new Trainer(new TrainingPlan { Objective = new KnowledgeDistillation { Alpha = 1 }, Teacher = source, BatchSize = 16, MaxEpochs = 5, Optimizer = new Sgd { LearningRate = 0.05 }, Seed = 3 });
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = rows.Shape }, 4);
        trainer.Run(student, shuffled);

        var agreement = Evaluator.Evaluate(student, rows, batchSize: 16).Top1;
        Assert.True(agreement > 0.6, $"agrees with the teacher on {agreement:P0}, where chance is 25 %");
    }

    /// <summary>Finds the blobs of <see cref="PatternSource"/>: the brightness at each class's place.</summary>
    private static string Places()
    {
        string At(int x, int y) => $"torch.mean(torch.slice(torch.slice(images, 2, {y - 2}, {y + 3}), 3, {x - 2}, {x + 3}), [1, 2, 3])";
        return $"answer = torch.mul(torch.stack([{At(12, 8)}, {At(8, 12)}, {At(4, 8)}, {At(8, 4)}], 1), 0.2)";
    }

    private string At(string name) => Path.Combine(_folder.FullName, name);

    private string Script()
    {
        var body = (Sequential)_network.Body;
        var (convolution, linear) = ((Conv2d)body[0], (Linear)body[4]);
        return $"""
            features = torch.conv2d(images, {TorchScriptFile.Literal(convolution.weight)}, {TorchScriptFile.Literal(convolution.bias!)}, [1, 1], [0, 0], [1, 1], 1)
            pooled = torch.mean(torch.relu(features), [2, 3])
            answer = torch.linear(pooled, {TorchScriptFile.Literal(linear.weight)}, {TorchScriptFile.Literal(linear.bias!)})
            """;
    }

    private Tensor Expected(Tensor images)
    {
        using var teacher = new NetworkTeacher(_network, _classes, TeacherFixture.Context(3), ownsNetwork: false);
        return teacher.Teach(Batch(images)).Logits;
    }

    private static Tensor Teach(TorchScriptTeacher source, Tensor images)
    {
        using var teacher = source.Open(TeacherFixture.Context(3, new ImageShape(3, (int)images.shape[2], (int)images.shape[3])));
        return teacher.Teach(Batch(images)).Logits;
    }

    private static string Fingerprint(TorchScriptTeacher source)
    {
        using var teacher = source.Open(TeacherFixture.Context(3));
        return teacher.Fingerprint!;
    }

    private static string Refusal<T>(TorchScriptTeacher source) where T : Exception => Assert.Throws<T>(() => source.Open(TeacherFixture.Context(3))).Message;

    private static ImageBatch Batch(Tensor images) => TeacherFixture.Batch(Targets.FromLabels(zeros(images.shape[0], ScalarType.Int64), 3), images);

    private static void AssertClose(Tensor expected, Tensor answer)
    {
        var difference = (expected - answer).abs().max().item<float>();
        Assert.True(difference < 1e-4 * Math.Max(1, expected.abs().max().item<float>()), $"differs by {difference}");
    }

    private sealed record PlainNetwork() : NetworkArchitecture(new ImageShape(3, 8, 8))
    {
        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) =>
            nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, classCount));
    }
}
