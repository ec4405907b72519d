using FsCheck.Xunit;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The paper's claim: label smoothing, distillation and its teacher-free form are one objective with another teacher.</summary>
public sealed class TfKdRegularizationTests
{
    /// <summary>
    /// (1 - alpha) H(q, p) + alpha H(p^d, p) has the target (1 - alpha) q + alpha p^d, of which each other class has alpha (1 - a) / (K -
    /// 1) = s / K.
    /// </summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void At_temperature_one_it_is_label_smoothing_up_to_the_virtual_teachers_entropy(LogitBatch batch)
    {
        const double Alpha = 0.4;
        const double CorrectProbability = 0.9;
        var classes = batch.Classes;
        var other = (1 - CorrectProbability) / (classes - 1);
        var negativeEntropy = CorrectProbability * Math.Log(CorrectProbability) + (classes - 1) * other * Math.Log(other);
        var smoothing = new LabelSmoothing { Smoothing = Alpha * classes * other };

        var (value, gradient) = batch.ValueAndGradient(
            new TfKdRegularization { Alpha = Alpha, Temperature = 1, CorrectProbability = CorrectProbability });
        var (expected, expectedGradient) = batch.ValueAndGradient(smoothing);

        Assert.Equal(expected + Alpha * negativeEntropy, value, 1e-9 * (1 + Math.Abs(expected)));
        Assert.All(gradient.Zip(expectedGradient), rows =>
            Assert.All(rows.First.Zip(rows.Second), pair => Assert.Equal(pair.Second, pair.First, 1e-12)));
    }

    /// <summary>
    /// The relation as issue threads state it: the virtual teacher alone, with a = (1 - s) + s / K, is label smoothing by s.
    /// </summary>
    [Property(Arbitrary = [typeof(LogitBatches)])]
    public void The_virtual_teacher_alone_at_temperature_one_smooths_by_the_published_relation(LogitBatch batch)
    {
        const double Smoothing = 0.1;
        var regularization = new TfKdRegularization
        {
            Alpha = 1,
            Temperature = 1,
            CorrectProbability = 1 - Smoothing + Smoothing / batch.Classes,
        };

        var (_, gradient) = batch.ValueAndGradient(regularization);
        var (_, expected) = batch.ValueAndGradient(new LabelSmoothing { Smoothing = Smoothing });

        Assert.All(gradient.Zip(expected), rows =>
            Assert.All(rows.First.Zip(rows.Second), pair => Assert.Equal(pair.Second, pair.First, 1e-12)));
    }

    [Property(Arbitrary = [typeof(LogitBatches)], MaxTest = 40)]
    public void Papers_form_is_knowledge_distillation_from_the_virtual_teacher(LogitBatch batch)
    {
        var closed = new TfKdRegularization { Alpha = 0.3, Temperature = 20, CorrectProbability = 0.95 };
        var taught = new KnowledgeDistillation { Alpha = 0.3, Temperature = 20, Form = KdForm.Paper };

        AssertSame(batch, closed, taught, new VirtualTeacher { CorrectProbability = 0.95 });
    }

    [Property(Arbitrary = [typeof(LogitBatches)], MaxTest = 40)]
    public void Codes_form_is_an_unsoftened_divergence_per_element_from_the_virtual_teacher(LogitBatch batch)
    {
        var closed = new TfKdRegularization { Alpha = 0.3, Temperature = 20, Form = TfKdForm.ReferenceCode, Multiplier = 50 };
        var taught =
            0.7 * new CrossEntropy() + 0.3 * 50 * new SoftTargetKl
            {
                Temperature = 20,
                SoftenStudent = false,
                Reduction = KlReduction.PerElement,
            };

        AssertSame(batch, closed, taught, new VirtualTeacher { Form = TfKdForm.ReferenceCode });
    }

    /// <summary>The virtual teacher's logits are float32, the rest is float64.</summary>
    private static void AssertSame(LogitBatch batch, Objective closed, Objective taught, VirtualTeacher source)
    {
        using var scope = NewDisposeScope();
        var classNames = Enumerable.Range(0, batch.Classes).Select(k => $"{k}").ToArray();
        using var teacher = source.Open(new TeacherContext(classNames, new ImageShape(3, 8, 8), CPU));
        var targets = Targets.FromLabels(batch.LabelTensor(), batch.Classes);
        var signal = teacher.Teach(new ImageBatch(zeros(batch.Rows, 3, 8, 8), targets, [.. Enumerable.Range(0, batch.Rows)], View: 0));

        var expected = batch.Value(closed);
        var value = taught.Evaluate(LogitBatch.ToTensor(batch.Student), batch.LabelTensor(), signal.Logits).item<double>();

        Assert.Equal(expected, value, 1e-5 * (1 + Math.Abs(expected)));
    }
}
