namespace TfKd.Tests.Objectives;

public sealed class HyperparameterTests
{
    public static TheoryData<Func<object>, string> Refused => new()
    {
        { () => new LabelSmoothing { Smoothing = 1.5 }, "Smoothing must be within [0, 1], but is 1.5. (Parameter 'Smoothing')\nActual value was 1.5." },
        { () => new LabelSmoothing { Convention = (SmoothingConvention)7 }, "Convention must be one of Uniform, OffTarget, but is 7. (Parameter 'Convention')\nActual value was 7." },
        { () => new SoftTargetKl { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter 'Temperature')\nActual value was 0." },
        { () => new SoftTargetKl { Reduction = (KlReduction)(-1) }, "Reduction must be one of PerRow, PerElement, but is -1. (Parameter 'Reduction')\nActual value was -1." },
        { () => new KnowledgeDistillation { Alpha = -0.1 }, "Alpha must be within [0, 1], but is -0.1. (Parameter 'Alpha')\nActual value was -0.1." },
        { () => new KnowledgeDistillation { Temperature = double.PositiveInfinity }, "Temperature must be above 0 and finite, but is Infinity. (Parameter 'Temperature')\nActual value was Infinity." },
        { () => new KnowledgeDistillation { Form = (KdForm)3 }, "Form must be one of Hinton, Paper, ReferenceCode, but is 3. (Parameter 'Form')\nActual value was 3." },
        { () => new KnowledgeDistillation { Multiplier = -1 }, "Multiplier must be above 0 and finite, but is -1. (Parameter 'Multiplier')\nActual value was -1." },
        { () => new TfKdRegularization { Alpha = double.NaN }, "Alpha must be within [0, 1], but is NaN. (Parameter 'Alpha')\nActual value was NaN." },
        { () => new TfKdRegularization { Temperature = -20 }, "Temperature must be above 0 and finite, but is -20. (Parameter 'Temperature')\nActual value was -20." },
        { () => new TfKdRegularization { CorrectProbability = 1 }, "CorrectProbability must be above 0 and below 1, but is 1. (Parameter 'CorrectProbability')\nActual value was 1." },
        { () => new TfKdRegularization { Form = (TfKdForm)2 }, "Form must be one of Paper, ReferenceCode, but is 2. (Parameter 'Form')\nActual value was 2." },
        { () => new TfKdRegularization { Multiplier = double.NaN }, "Multiplier must be above 0 and finite, but is NaN. (Parameter 'Multiplier')\nActual value was NaN." },
        { () => double.NaN * new CrossEntropy(), "Weight must be finite, but is NaN. (Parameter 'Weight')\nActual value was NaN." },
        { () => new VirtualTeacher { CorrectProbability = 0 }, "CorrectProbability must be above 0 and below 1, but is 0. (Parameter 'CorrectProbability')\nActual value was 0." },
        { () => new VirtualTeacher { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter 'Temperature')\nActual value was 0." },
        { () => new RandomCrop { Padding = -1 }, "Padding must be 0 or above and finite, but is -1. (Parameter 'Padding')\nActual value was -1." },
        { () => new HorizontalFlip { Probability = 2 }, "Probability must be within [0, 1], but is 2. (Parameter 'Probability')\nActual value was 2." },
        { () => new Rotation { Degrees = double.NaN }, "Degrees must be 0 or above and finite, but is NaN. (Parameter 'Degrees')\nActual value was NaN." },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Value_out_of_range_is_refused_by_name_range_and_value(Func<object> make, string message)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(make);

        Assert.Equal(message, exception.Message.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void With_checks_as_the_initialiser_does() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KnowledgeDistillation() with { Alpha = 2 });
}
