using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class VirtualTeacherTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>
    /// Computed in float64 plain Python: classes, temperature, a; then correct and other in the code's form and in the paper's.
    /// </summary>
    public static TheoryData<int, double, double[], double[]> Golden => new()
    {
        { 10, 20, [0.10453884, 0.09949568], [0.13498218, 0.09611309] },
        { 100, 20, [0.01050207, 0.00999493], [0.01574119, 0.00994201] },
        { 100, 40, [0.01024799, 0.00999750], [0.01255051, 0.00997424] },
        { 100, 10, [0.01102908, 0.00998961], [0.02469629, 0.00985155] },
        { 200, 20, [0.00525238, 0.00499873], [0.00817161, 0.00498406] },
        { 1000, 20, [0.00105069, 0.00099995], [0.00177592, 0.00099922] },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Softened_probabilities_equal_the_golden_table(int classCount, double temperature, double[] code, double[] paper)
    {
        foreach (var (form, expected) in ((TfKdForm, double[])[])[(TfKdForm.ReferenceCode, code), (TfKdForm.Paper, paper)])
        {
            var softened = VirtualDistribution.Soften(classCount, 0.99, temperature, form);

            Assert.Equal(expected[0], softened.Correct, 1e-8);
            Assert.Equal(expected[1], softened.Other, 1e-8);
            Assert.Equal(1, softened.Correct + (classCount - 1) * softened.Other, 1e-12);
        }
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void Softmax_of_the_answer_equals_the_golden_table_whoever_softens(int classCount, double temperature, double[] code,
        double[] paper)
    {
        foreach (var (form, expected) in ((TfKdForm, double[])[])[(TfKdForm.ReferenceCode, code), (TfKdForm.Paper, paper)])
        {
            var softening = Teach(new VirtualTeacher { Form = form, Temperature = temperature }, TeacherFixture.Batch(classCount, 3));
            var softened = Teach(new VirtualTeacher { Form = form }, TeacherFixture.Batch(classCount, 3)) / temperature;
            foreach (var logits in (Tensor[])[softening, softened])
            {
                var probabilities = TeacherFixture.Softmax(logits, row: 0);

                Assert.Equal(expected[0], probabilities[3], 1e-7);
                Assert.All(probabilities.Where((_, k) => k != 3), other => Assert.Equal(expected[1], other, 1e-7));
            }
        }
    }

    [Theory]
    [InlineData(TfKdForm.Paper)]
    [InlineData(TfKdForm.ReferenceCode)]
    public void Distribution_of_one_class_gets_the_answer_of_its_label(TfKdForm form)
    {
        var source = new VirtualTeacher { Form = form, Temperature = 2 };
        var oneHot = nn.functional.one_hot(tensor([2L, 0L]), 4).to(ScalarType.Float32);

        var expected = nn.functional.softmax(Teach(source, TeacherFixture.Batch(4, 2, 0)), 1);
        var answer = nn.functional.softmax(Teach(source, TeacherFixture.Batch(Targets.FromProbabilities(oneHot), zeros(2, 3, 8, 8))), 1);

        Assert.True(allclose(expected, answer, rtol: 1e-5));
    }

    [Fact]
    public void Mixture_gets_the_mixture_of_its_classes_answers()
    {
        var answer = Teach(new VirtualTeacher(),
            TeacherFixture.Batch(Targets.FromProbabilities(tensor([0.25f, 0.75f, 0, 0], [1, 4])), zeros(1, 3, 8, 8)));

        var other = 0.01 / 3;
        double[] expected = [0.25 * 0.99 + 0.75 * other, 0.75 * 0.99 + 0.25 * other, other, other];
        Assert.All(expected.Zip(TeacherFixture.Softmax(answer, row: 0)), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Uniform_teacher_finds_all_classes_equally_likely()
    {
        using var teacher = new UniformTeacher().Open(TeacherFixture.Context(5));

        var logits = teacher.Teach(TeacherFixture.Batch(5, 1, 4)).Logits;

        Assert.Equal([2, 5], logits.shape);
        Assert.All(TeacherFixture.Softmax(logits, row: 1), probability => Assert.Equal(0.2, probability, 1e-12));
    }

    [Fact]
    public void Each_batch_leaves_one_tensor()
    {
        var sources = (TeacherSource[])[new VirtualTeacher(), new VirtualTeacher { Form = TfKdForm.ReferenceCode }, new UniformTeacher()];
        var hard = TeacherFixture.Batch(4, 2, 0);
        var mixed = TeacherFixture.Batch(Targets.FromProbabilities(full([2, 4], 0.25)), zeros(2, 3, 8, 8));
        foreach (var source in sources)
        {
            using var teacher = source.Open(TeacherFixture.Context(4));
            var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            foreach (var batch in (ImageBatch[])[hard, mixed])
            {
                using var logits = teacher.Teach(batch).Logits;
                Assert.Equal(before + 1, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
            }

            Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void Sources_are_plain_values()
    {
        Assert.Equal(new VirtualTeacher { CorrectProbability = 0.9 }, new VirtualTeacher { CorrectProbability = 0.9 });
        Assert.NotEqual(new VirtualTeacher(), new VirtualTeacher { Form = TfKdForm.ReferenceCode });
        Assert.Equal("VirtualTeacher { CorrectProbability = 0.99, Temperature = 1, Form = Paper }", new VirtualTeacher().ToString());
    }

    private static Tensor Teach(VirtualTeacher source, ImageBatch batch)
    {
        var classCount = (int)batch.Targets.Probabilities.shape[1];
        using var teacher = source.Open(TeacherFixture.Context(classCount));
        return teacher.Teach(batch).Logits;
    }
}
