namespace TfKd.Tests;

/// <summary>Every objective in each of its forms and reductions, by the text it prints.</summary>
public static class ObjectiveCases
{
    private static readonly Objective[] _objectives =
    [
        new CrossEntropy(),
        new LabelSmoothing(),
        new LabelSmoothing { Smoothing = 0.3, Convention = SmoothingConvention.OffTarget },
        new LabelSmoothing { Smoothing = 1 },
        new SoftTargetKl(),
        new SoftTargetKl { Temperature = 4 },
        new SoftTargetKl { Temperature = 4, SoftenStudent = false },
        new SoftTargetKl { Temperature = 0.5, Reduction = KlReduction.PerElement },
        new KnowledgeDistillation(),
        new KnowledgeDistillation { Alpha = 0.95, Temperature = 20, Form = KdForm.Paper },
        new KnowledgeDistillation { Alpha = 0.95, Temperature = 6, Form = KdForm.ReferenceCode, Multiplier = 50 },
        new KnowledgeDistillation { Alpha = 1, Temperature = 1 },
        new TfKdRegularization(),
        new TfKdRegularization { Alpha = 0.7, Temperature = 1 },
        new TfKdRegularization { Alpha = 0.95, Temperature = 40, CorrectProbability = 0.9, Form = TfKdForm.ReferenceCode },
        new TfKdRegularization { Alpha = 0.1, Temperature = 20, Form = TfKdForm.ReferenceCode, Multiplier = 100 },
        new ConfidencePenalty(),
        new MaxSuppression(),
        new FocalLoss(),
        new FocalLoss { Gamma = 0.5 },
        new PolyLoss(),
        new PolyLoss { Epsilon = -0.5 },
        new LabelRelaxation(),
        new LabelRelaxation { Alpha = 0.6 },
        0.1 * new CrossEntropy() + 0.9 * new SoftTargetKl { Temperature = 20 },
        2 * new LabelSmoothing() + new TfKdRegularization() + -0.5 * new CrossEntropy(),
        new DecoupledKd(),
        new DecoupledKd { Alpha = 0.5, Beta = 2, Temperature = 1 },
        new NormalizedKd(),
        new NormalizedKd { Gamma = 3.5, Temperature = 3 },
        // Soft enough that no column of the surest batches is 1 in all rows but for rounding, where a correlation has no digits left.
        new Dist { Temperature = 12 },
        new Dist { Beta = 2, Gamma = 0.5, Temperature = 20 },
        new Dist { Temperature = 12, Form = DistForm.ReferenceCode },
        new Dist { Gamma = 0 },
        new WeightedSoftLabelKd(),
        new WeightedSoftLabelKd { Temperature = 1 },
        new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } },
        new LogitStandardization { Inner = new DecoupledKd() },
        new LogitStandardization { Inner = new KnowledgeDistillation() },
        new Ramped { Inner = new SoftTargetKl { Temperature = 2 }, To = 0.8 },
        new Ramped { Inner = new FocalLoss(), From = 0.25, Epochs = 4 },
        new OnlineLabelSmoothing(),
        new OnlineLabelSmoothing { Alpha = 0.9 },
        new ClassWiseSelfKd(),
        new HardTargetCrossEntropy(),
        new MultiLevelKd(),
        new MultiLevelKd { Temperatures = [1, 4], InstanceWeight = 0.5, BatchWeight = 3, ClassWeight = 2 },
        new CurriculumTemperatureKd(),
        new CurriculumTemperatureKd { LowestTemperature = 2, TemperatureRange = 3 },
        new BinaryCrossEntropy(),
        new BinaryCrossEntropy { Smoothing = 0.2 },
        new BinaryKd(),
        new BinaryKd { Temperature = 3 },
        0.5 * new ClassWiseSelfKd { Temperature = 2, Weight = 3 } + new OnlineLabelSmoothing { Alpha = 1 },
    ];

    public static IReadOnlyDictionary<string, Objective> All { get; } = _objectives.ToDictionary(objective => objective.ToString());

    public static TheoryData<string> Names => [.. All.Keys];

    /// <summary>Those that take mixtures of classes as targets.</summary>
    public static TheoryData<string> NamesForMixtures => [.. All.Where(entry => !NeedsLabels(entry.Value)).Select(entry => entry.Key)];

    /// <summary>Those that need one class a row.</summary>
    public static TheoryData<string> NamesForLabels => [.. All.Where(entry => NeedsLabels(entry.Value)).Select(entry => entry.Key)];

    /// <summary>
    /// Those whose gradient is the derivative of their value: in a <see cref="WeightedSoftLabelKd"/> a part that depends on the student is
    /// held constant.
    /// </summary>
    public static TheoryData<string> NamesOfPlainDerivative =>
        [.. All.Where(entry => entry.Value is not WeightedSoftLabelKd).Select(entry => entry.Key)];

    /// <summary>Those that can be computed with so many classes: two standardised logits say nothing.</summary>
    public static IEnumerable<Objective> For(int classes) => All.Values.Where(objective => classes > 2 || !Standardises(objective));

    private static bool Standardises(Objective objective) => objective is LogitStandardization || objective.Parts.Any(Standardises);

    private static bool NeedsLabels(Objective objective) => objective.Needs.HasFlag(ObjectiveNeeds.HardLabels);
}
