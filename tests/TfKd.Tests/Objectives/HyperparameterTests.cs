namespace TfKd.Tests;

public sealed class HyperparameterTests
{
    public static TheoryData<Func<object>, string> Refused => new()
    {
        { () => new LabelSmoothing { Smoothing = 1.5 }, "Smoothing must be within [0, 1], but is 1.5. (Parameter 'Smoothing')\nActual "
            + "value was 1.5." },
        { () => new LabelSmoothing { Convention = (SmoothingConvention)7 }, "Convention must be one of Uniform, OffTarget, but is 7. "
            + "(Parameter 'Convention')\nActual value was 7." },
        { () => new SoftTargetKl { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter "
            + "'Temperature')\nActual value was 0." },
        { () => new SoftTargetKl { Reduction = (KlReduction)(-1) }, "Reduction must be one of PerRow, PerElement, but is -1. (Parameter "
            + "'Reduction')\nActual value was -1." },
        { () => new KnowledgeDistillation { Alpha = -0.1 }, "Alpha must be within [0, 1], but is -0.1. (Parameter 'Alpha')\nActual value "
            + "was -0.1." },
        { () => new KnowledgeDistillation { Temperature = double.PositiveInfinity }, "Temperature must be above 0 and finite, but is "
            + "Infinity. (Parameter 'Temperature')\nActual value was Infinity." },
        { () => new KnowledgeDistillation { Form = (KdForm)3 }, "Form must be one of Hinton, Paper, ReferenceCode, but is 3. (Parameter "
            + "'Form')\nActual value was 3." },
        { () => new KnowledgeDistillation { Multiplier = -1 }, "Multiplier must be above 0 and finite, but is -1. (Parameter "
            + "'Multiplier')\nActual value was -1." },
        { () => new TfKdRegularization { Alpha = double.NaN }, "Alpha must be within [0, 1], but is NaN. (Parameter 'Alpha')\nActual "
            + "value was NaN." },
        { () => new TfKdRegularization { Temperature = -20 }, "Temperature must be above 0 and finite, but is -20. (Parameter "
            + "'Temperature')\nActual value was -20." },
        { () => new TfKdRegularization { CorrectProbability = 1 }, "CorrectProbability must be above 0 and below 1, but is 1. (Parameter "
            + "'CorrectProbability')\nActual value was 1." },
        { () => new TfKdRegularization { Form = (TfKdForm)2 }, "Form must be one of Paper, ReferenceCode, but is 2. (Parameter "
            + "'Form')\nActual value was 2." },
        { () => new TfKdRegularization { Multiplier = double.NaN }, "Multiplier must be above 0 and finite, but is NaN. (Parameter "
            + "'Multiplier')\nActual value was NaN." },
        { () => new SoftmaxRegressionRepresentation { FeatureWeight = -1 }, "FeatureWeight must be 0 or above and finite, but is -1. "
            + "(Parameter 'FeatureWeight')\nActual value was -1." },
        { () => new SoftmaxRegressionRepresentation { RegressionWeight = double.NaN }, "RegressionWeight must be 0 or above and finite, "
            + "but is NaN. (Parameter 'RegressionWeight')\nActual value was NaN." },
        { () => new KnowledgeReview { StagePairs = 0 }, "StagePairs must be above 0 and finite, but is 0. (Parameter "
            + "'StagePairs')\nActual value was 0." },
        { () => new OverhaulDistillation { StagePairs = 0 }, "StagePairs must be above 0 and finite, but is 0. (Parameter "
            + "'StagePairs')\nActual value was 0." },
        { () => new ContrastiveRepresentation { Negatives = 0 }, "Negatives must be above 0 and finite, but is 0. (Parameter "
            + "'Negatives')\nActual value was 0." },
        { () => new ContrastiveRepresentation { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter "
            + "'Temperature')\nActual value was 0." },
        { () => new ContrastiveRepresentation { Momentum = 1 }, "Momentum must be within [0, 1), but is 1. (Parameter "
            + "'Momentum')\nActual value was 1." },
        { () => new ContrastiveRepresentation { EmbeddingSize = -1 }, "EmbeddingSize must be above 0 and finite, but is -1. (Parameter "
            + "'EmbeddingSize')\nActual value was -1." },
        { () => new FocalLoss { Gamma = -1 }, "Gamma must be 0 or above and finite, but is -1. (Parameter 'Gamma')\nActual value was -1." },
        { () => new PolyLoss { Epsilon = double.PositiveInfinity }, "Epsilon must be finite, but is Infinity. (Parameter "
            + "'Epsilon')\nActual value was Infinity." },
        { () => new LabelRelaxation { Alpha = 0 }, "Alpha must be above 0 and below 1, but is 0. (Parameter 'Alpha')\nActual value was 0." },
        { () => new DecoupledKd { Alpha = -1 }, "Alpha must be 0 or above and finite, but is -1. (Parameter 'Alpha')\nActual value was -1." },
        { () => new DecoupledKd { Beta = double.PositiveInfinity }, "Beta must be 0 or above and finite, but is Infinity. (Parameter "
            + "'Beta')\nActual value was Infinity." },
        { () => new DecoupledKd { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter 'Temperature')\nActual "
            + "value was 0." },
        { () => new NormalizedKd { Gamma = -0.5 }, "Gamma must be 0 or above and finite, but is -0.5. (Parameter 'Gamma')\nActual value "
            + "was -0.5." },
        { () => new NormalizedKd { Temperature = double.NaN }, "Temperature must be above 0 and finite, but is NaN. (Parameter "
            + "'Temperature')\nActual value was NaN." },
        { () => new Dist { Beta = -2 }, "Beta must be 0 or above and finite, but is -2. (Parameter 'Beta')\nActual value was -2." },
        { () => new Dist { Gamma = double.NaN }, "Gamma must be 0 or above and finite, but is NaN. (Parameter 'Gamma')\nActual value was "
            + "NaN." },
        { () => new Dist { Temperature = -4 }, "Temperature must be above 0 and finite, but is -4. (Parameter 'Temperature')\nActual "
            + "value was -4." },
        { () => new Dist { Form = (DistForm)2 }, "Form must be one of Paper, ReferenceCode, but is 2. (Parameter 'Form')\nActual value "
            + "was 2." },
        { () => new WeightedSoftLabelKd { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter "
            + "'Temperature')\nActual value was 0." },
        { () => new Ramped { Inner = new CrossEntropy(), From = double.NaN }, "From must be finite, but is NaN. (Parameter "
            + "'From')\nActual value was NaN." },
        { () => new Ramped { Inner = new CrossEntropy(), To = double.NegativeInfinity }, "To must be finite, but is -Infinity. (Parameter "
            + "'To')\nActual value was -Infinity." },
        { () => new Ramped { Inner = new CrossEntropy(), StartEpoch = -1 }, "StartEpoch must be 0 or above and finite, but is -1. "
            + "(Parameter 'StartEpoch')\nActual value was -1." },
        { () => new Ramped { Inner = new CrossEntropy(), Epochs = 0 }, "Epochs must be above 0 and finite, but is 0. (Parameter "
            + "'Epochs')\nActual value was 0." },
        { () => double.NaN * new CrossEntropy(), "Weight must be finite, but is NaN. (Parameter 'Weight')\nActual value was NaN." },
        { () => new VirtualTeacher { CorrectProbability = 0 }, "CorrectProbability must be above 0 and below 1, but is 0. (Parameter "
            + "'CorrectProbability')\nActual value was 0." },
        { () => new VirtualTeacher { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter "
            + "'Temperature')\nActual value was 0." },
        { () => new RandomCrop { Padding = -1 }, "Padding must be 0 or above and finite, but is -1. (Parameter 'Padding')\nActual value "
            + "was -1." },
        { () => new HorizontalFlip { Probability = 2 }, "Probability must be within [0, 1], but is 2. (Parameter 'Probability')\nActual "
            + "value was 2." },
        { () => new Rotation { Degrees = double.NaN }, "Degrees must be 0 or above and finite, but is NaN. (Parameter 'Degrees')\nActual "
            + "value was NaN." },
        { () => new OnlineLabelSmoothing { Alpha = 1.1 }, "Alpha must be within [0, 1], but is 1.1. (Parameter 'Alpha')\nActual value was "
            + "1.1." },
        { () => new ClassWiseSelfKd { Temperature = 0 }, "Temperature must be above 0 and finite, but is 0. (Parameter "
            + "'Temperature')\nActual value was 0." },
        { () => new ClassWiseSelfKd { Weight = -1 }, "Weight must be 0 or above and finite, but is -1. (Parameter 'Weight')\nActual value "
            + "was -1." },
        { () => new TargetFreeSelfKd { Alpha = -1 }, "Alpha must be 0 or above and finite, but is -1. (Parameter 'Alpha')\nActual value "
            + "was -1." },
        { () => new TargetFreeSelfKd { Beta = double.NaN }, "Beta must be 0 or above and finite, but is NaN. (Parameter 'Beta')\nActual "
            + "value was NaN." },
        { () => new TargetFreeSelfKd { Mu = -2 }, "Mu must be 0 or above and finite, but is -2. (Parameter 'Mu')\nActual value was -2." },
        { () => new TargetFreeSelfKd { Ranking = (TargetFreeSelfKdRanking)5 }, "Ranking must be one of Probabilities, ReferenceCode, but "
            + "is 5. (Parameter 'Ranking')\nActual value was 5." },
        { () => new AttentionTransfer { Exponent = 0.5 }, "Exponent must be 1 or above and finite, but is 0.5. (Parameter "
            + "'Exponent')\nActual value was 0.5." },
        { () => new AttentionTransfer { StagePairs = 0 }, "StagePairs must be above 0 and finite, but is 0. (Parameter "
            + "'StagePairs')\nActual value was 0." },
        { () => new AttentionTransfer { Form = (AttentionTransferForm)2 }, "Form must be one of ReferenceCode, Paper, but is 2. "
            + "(Parameter 'Form')\nActual value was 2." },
        { () => new RelationalKd { DistanceWeight = -1 }, "DistanceWeight must be 0 or above and finite, but is -1. (Parameter "
            + "'DistanceWeight')\nActual value was -1." },
        { () => new RelationalKd { AngleWeight = double.NaN }, "AngleWeight must be 0 or above and finite, but is NaN. (Parameter "
            + "'AngleWeight')\nActual value was NaN." },
        { () => new MultiLevelKd { Temperatures = [2, 0] }, "Temperatures must be above 0 and finite, but is 0. (Parameter "
            + "'Temperatures')\nActual value was 0." },
        { () => new MultiLevelKd { InstanceWeight = -1 }, "InstanceWeight must be 0 or above and finite, but is -1. (Parameter "
            + "'InstanceWeight')\nActual value was -1." },
        { () => new MultiLevelKd { BatchWeight = -1 }, "BatchWeight must be 0 or above and finite, but is -1. (Parameter "
            + "'BatchWeight')\nActual value was -1." },
        { () => new MultiLevelKd { ClassWeight = -1 }, "ClassWeight must be 0 or above and finite, but is -1. (Parameter "
            + "'ClassWeight')\nActual value was -1." },
        { () => new CorrelationCongruence { Gamma = 0 }, "Gamma must be above 0 and finite, but is 0. (Parameter "
            + "'Gamma')\nActual value was 0." },
        { () => new CorrelationCongruence { Order = 0 }, "Order must be above 0 and finite, but is 0. (Parameter "
            + "'Order')\nActual value was 0." },
        { () => new CurriculumTemperatureKd { LowestTemperature = 0 }, "LowestTemperature must be above 0 and finite, but is 0. (Parameter "
            + "'LowestTemperature')\nActual value was 0." },
        { () => new CurriculumTemperatureKd { TemperatureRange = 0 }, "TemperatureRange must be above 0 and finite, but is 0. (Parameter "
            + "'TemperatureRange')\nActual value was 0." },
        { () => new CurriculumTemperatureKd { MaxReversal = -1 }, "MaxReversal must be 0 or above and finite, but is -1. (Parameter "
            + "'MaxReversal')\nActual value was -1." },
        { () => new CurriculumTemperatureKd { RampEpochs = 0 }, "RampEpochs must be above 0 and finite, but is 0. (Parameter "
            + "'RampEpochs')\nActual value was 0." },
    };

    [Fact]
    public void A_list_without_values_is_refused() => Assert.Equal(
        "Temperatures must have one value or more, but has none. (Parameter 'Temperatures')",
        Assert.Throws<ArgumentException>(() => new MultiLevelKd { Temperatures = [] }).Message);

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void Value_out_of_range_is_refused_by_name_range_and_value(Func<object> make, string message)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(make);

        Assert.Equal(message, exception.Message.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Bounds_that_are_allowed_are_accepted()
    {
        Assert.Equal((0, 0), (new DecoupledKd { Alpha = 0, Beta = 0 }.Alpha, new NormalizedKd { Gamma = 0 }.Gamma));
        Assert.Equal((0, 0), (new Dist { Beta = 0 }.Beta, new Dist { Gamma = 0 }.Gamma));
        Assert.Equal(
            (-1, 0, 1),
            (new Ramped { Inner = new CrossEntropy(), From = -1 }.From, new Ramped { Inner = new CrossEntropy() }.StartEpoch, new Ramped { Inner = new CrossEntropy(), Epochs = 1 }.Epochs));
        Assert.Null(new Ramped { Inner = new CrossEntropy(), Epochs = null }.Epochs);
    }

    [Fact]
    public void Standardisation_of_an_objective_without_teacher_is_refused() => Assert.Equal(
        "Inner must be an objective that needs a teacher, but is CrossEntropy { }. (Parameter 'Inner')",
        Assert.Throws<ArgumentException>(() => new LogitStandardization { Inner = new CrossEntropy() }).Message);

    [Fact]
    public void Missing_inner_objective_is_named()
    {
        Assert.Equal("Inner", Assert.Throws<ArgumentNullException>(() => new LogitStandardization { Inner = null! }).ParamName);
        Assert.Equal("Inner", Assert.Throws<ArgumentNullException>(() => new Ramped { Inner = null! }).ParamName);
    }

    [Fact]
    public void With_checks_as_the_initialiser_does() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KnowledgeDistillation() with { Alpha = 2 });
}
