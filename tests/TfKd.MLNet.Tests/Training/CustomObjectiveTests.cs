using CustomObjective;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>The example's own objective and teacher, written outside of the library.</summary>
public sealed class CustomObjectiveTests
{
    private static readonly double[,] Student = { { 1.5, -0.5, 0.25 }, { -2, 0.75, 3 } };

    private static readonly double[,] Teacher = { { 4, 0, -1 }, { 0.5, 0.25, -0.125 } };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0.5)]
    public void Symmetric_kl_is_half_of_each_direction(double temperature)
    {
        using var scope = NewDisposeScope();
        var value = new SymmetricKl { Temperature = temperature }.Evaluate(
            tensor(Student), tensor([0L, 2L]), tensor(Teacher)).item<double>();
        Assert.Equal(Expected(Student, Teacher, temperature), value, 1e-12);
    }

    [Fact]
    public void Symmetric_kl_of_equal_logits_is_zero()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(Student);
        Assert.Equal(0, new SymmetricKl { Temperature = 2 }.Evaluate(logits, tensor([0L, 2L]), logits).item<double>(), 1e-15);
        Assert.True(Expected(Student, Teacher, 2) > 0.01);
    }

    [Fact]
    public void Symmetric_kl_teaches_the_student_alone_through_both_directions()
    {
        using var scope = NewDisposeScope();
        var student = tensor(Student, requires_grad: true);
        var teacher = tensor(Teacher, requires_grad: true);
        new SymmetricKl { Temperature = 2 }.Evaluate(student, tensor([0L, 2L]), teacher).backward();
        Assert.Null(teacher.grad);
        const double step = 1e-5;
        for (var row = 0; row < 2; row++)
        {
            for (var column = 0; column < 3; column++)
            {
                var (above, below) = ((double[,])Student.Clone(), (double[,])Student.Clone());
                above[row, column] += step;
                below[row, column] -= step;
                Assert.Equal(
                    (Expected(above, Teacher, 2) - Expected(below, Teacher, 2)) / (2 * step),
                    student.grad![row, column].item<double>(),
                    1e-8);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Numbers_out_of_range_are_refused(double value)
    {
        Assert.Equal("Temperature", Assert.Throws<ArgumentOutOfRangeException>(() => new SymmetricKl { Temperature = value }).ParamName);
        Assert.Equal("Sharpness", Assert.Throws<ArgumentOutOfRangeException>(() => new ColourTeacher { Sharpness = value }).ParamName);
        Assert.Equal("Shades", Assert.Throws<ArgumentOutOfRangeException>(() => new ColourTeacher { Shades = 1 }).ParamName);
    }

    [Fact]
    public void Colour_teacher_compares_the_colours_of_an_image_with_those_of_each_class()
    {
        using var scope = NewDisposeScope();
        using var teacher = Open(new ColourTeacher { Shades = 2, Sharpness = 10 });
        // Grey, two shades: of the first class half of the pixels are light, of the second a quarter, the third has no rows. Of the image
        // three quarters are.
        var batch = new ImageBatch(
            tensor(new byte[] { 128, 255, 200, 127 }, [1, 1, 2, 2]), Targets.FromLabels(tensor([0L]), 3), [0], View: 0);
        var logits = teacher.Teach(batch).Logits.data<float>().ToArray();
        Assert.Equal(10 * (Math.Sqrt(0.25 * 0.5) + Math.Sqrt(0.75 * 0.5)), logits[0], 1e-5);
        Assert.Equal(10 * (Math.Sqrt(0.25 * 0.75) + Math.Sqrt(0.75 * 0.25)), logits[1], 1e-5);
        Assert.Equal(0, logits[2]);
    }

    [Fact]
    public void Colour_teacher_tells_what_its_answers_depend_on()
    {
        string Fingerprint(ColourTeacher source, byte last = 0)
        {
            using var teacher = Open(source, last);
            return teacher.Fingerprint!;
        }

        var one = Fingerprint(new ColourTeacher());
        Assert.Equal(one, Fingerprint(new ColourTeacher()));
        Assert.NotEqual(one, Fingerprint(new ColourTeacher { Sharpness = 19 }));
        Assert.NotEqual(one, Fingerprint(new ColourTeacher { Shades = 3 }));
        Assert.NotEqual(one, Fingerprint(new ColourTeacher(), last: 255));
    }

    [Fact]
    public void Colour_teacher_needs_training_rows() =>
        Assert.Contains(
            "training rows",
            Assert.Throws<InvalidOperationException>(() =>
                new ColourTeacher().Open(new TeacherContext(["a", "b"], TestImages.Shape, CPU))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Both_train_in_a_pipeline_and_the_answers_are_kept()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(options: TrainingRuns.Options with
        {
            Objective = 0.7 * new CrossEntropy() + 0.3 * new SymmetricKl { Temperature = 2 },
            Teacher = new ColourTeacher(),
            TeacherCache = new TeacherCache { Directory = folder.Path },
        });
        Assert.NotEmpty(Directory.GetFiles(folder.Path));
        var training = model.Model.Card.Training;
        Assert.Contains("SymmetricKl { Temperature = 2 }", training.Plan, StringComparison.Ordinal);
        Assert.Equal(2, training.TeacherReport!.Temperature);
        // Colour is all there is to see in these images, in rows of training and others alike.
        Assert.True(training.TeacherReport.Training.Metrics.Top1 > 0.9, $"{training.TeacherReport}");
        Assert.True(training.TeacherReport.Validation!.Metrics.Top1 > 0.9, $"{training.TeacherReport}");
    }

    private static Teacher Open(ColourTeacher source, byte last = 0) =>
        source.Open(new TeacherContext(["a", "b", "c"], new ImageShape(1, 2, 2), CPU) { Training = new GreyRows(last) });

    private static double Expected(double[,] student, double[,] teacher, double temperature)
    {
        var (rowCount, sum) = (student.GetLength(0), 0.0);
        for (var row = 0; row < rowCount; row++)
        {
            var (s, t) = (Softmax(student, row, temperature), Softmax(teacher, row, temperature));
            sum += (Kl(t, s) + Kl(s, t)) / 2;
        }

        return sum / rowCount;
    }

    private static double Kl(double[] p, double[] q) => p.Zip(q, (a, b) => a * Math.Log(a / b)).Sum();

    private static double[] Softmax(double[,] logits, int row, double temperature)
    {
        double[] powers = [.. Enumerable.Range(0, logits.GetLength(1)).Select(column => Math.Exp(logits[row, column] / temperature))];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    /// <summary>Two rows of class a, one of class b, of four grey pixels; none of class c.</summary>
    private sealed class GreyRows(byte last) : IImageSource
    {
        private readonly byte[][] _rows = [[255, 255, 255, 0], [0, 0, 0, 255], [0, 200, 0, last]];

        public int Count => 3;

        public ImageShape Shape => new(1, 2, 2);

        public IReadOnlyList<string> ClassNames => ["a", "b", "c"];

        public SampleExtras? Extras => null;

        public int GetLabel(int row) => row / 2;

        public void ReadPixels(int row, Span<byte> pixels) => _rows[row].CopyTo(pixels);
    }
}
