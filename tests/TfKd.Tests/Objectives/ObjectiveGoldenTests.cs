using System.Text.Json;

namespace TfKd.Tests;

/// <summary>Values of a plain Python program that shares no code with this library, Golden/golden.py; no test writes them.</summary>
public sealed class ObjectiveGoldenTests
{
    private static readonly Dictionary<string, Objective> _objectives = new()
    {
        ["cross_entropy"] = new CrossEntropy(),
        ["label_smoothing uniform smoothing=0.1"] = new LabelSmoothing(),
        ["label_smoothing off_target smoothing=0.1"] = new LabelSmoothing { Convention = SmoothingConvention.OffTarget },
        ["label_smoothing uniform smoothing=0.3"] = new LabelSmoothing { Smoothing = 0.3 },
        ["label_smoothing off_target smoothing=0.3"] = new LabelSmoothing { Smoothing = 0.3, Convention = SmoothingConvention.OffTarget },
        ["confidence_penalty beta=0.1"] = new CrossEntropy() + 0.1 * new ConfidencePenalty(),
        ["focal gamma=2"] = new FocalLoss(),
        ["poly epsilon=1"] = new PolyLoss(),
        ["label_relaxation alpha=0.1"] = new LabelRelaxation(),
        ["max_suppression lambda=0.1"] = new CrossEntropy() + 0.1 * new MaxSuppression(),
        ["kd paper alpha=0.95 temperature=20"] = new KnowledgeDistillation { Alpha = 0.95, Temperature = 20, Form = KdForm.Paper },
        ["kd hinton alpha=0.95 temperature=20"] = new KnowledgeDistillation { Alpha = 0.95, Temperature = 20 },
        ["kd reference_code alpha=0.95 temperature=20 multiplier=1"] =
            new KnowledgeDistillation { Alpha = 0.95, Temperature = 20, Form = KdForm.ReferenceCode },
        ["kd paper alpha=0.9 temperature=4"] = new KnowledgeDistillation { Form = KdForm.Paper },
        ["kd hinton alpha=0.9 temperature=4"] = new KnowledgeDistillation(),
        ["kd reference_code alpha=0.9 temperature=4 multiplier=1"] = new KnowledgeDistillation { Form = KdForm.ReferenceCode },
        ["kd paper alpha=0.6 temperature=20"] = new KnowledgeDistillation { Alpha = 0.6, Temperature = 20, Form = KdForm.Paper },
        ["kd hinton alpha=0.6 temperature=20"] = new KnowledgeDistillation { Alpha = 0.6, Temperature = 20 },
        ["kd reference_code alpha=0.6 temperature=20 multiplier=1"] =
            new KnowledgeDistillation { Alpha = 0.6, Temperature = 20, Form = KdForm.ReferenceCode },
        ["kd paper alpha=0.95 temperature=6"] = new KnowledgeDistillation { Alpha = 0.95, Temperature = 6, Form = KdForm.Paper },
        ["kd hinton alpha=0.95 temperature=6"] = new KnowledgeDistillation { Alpha = 0.95, Temperature = 6 },
        ["kd reference_code alpha=0.95 temperature=6 multiplier=50"] =
            new KnowledgeDistillation { Alpha = 0.95, Temperature = 6, Form = KdForm.ReferenceCode, Multiplier = 50 },
        ["dkd alpha=1 beta=8 temperature=4"] = new DecoupledKd(),
        ["dkd alpha=1 beta=2 temperature=2"] = new DecoupledKd { Beta = 2, Temperature = 2 },
        ["nkd gamma=1.5 temperature=1"] = new NormalizedKd(),
        ["nkd gamma=3.5 temperature=3"] = new NormalizedKd { Gamma = 3.5, Temperature = 3 },
        ["dist beta=1 gamma=1 temperature=1 (no tau^2)"] = new Dist(),
        ["dist beta=1 gamma=1 temperature=4 (no tau^2)"] = new Dist { Temperature = 4 },
        ["logit_standardization kd kl*tau^2 temperature=2"] = 4 * new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } },
        ["wsld temperature=2"] = new WeightedSoftLabelKd(),
        ["multi_level temperatures=2..6"] = new MultiLevelKd(),
        ["curriculum_temperature before the first step"] = new CurriculumTemperatureKd(),
        ["hard_target"] = new HardTargetCrossEntropy(),
        ["binary_cross_entropy"] = new BinaryCrossEntropy(),
        ["binary_cross_entropy smoothing=0.1 positive_weights=1,2,3,4,5"] =
            new BinaryCrossEntropy { Smoothing = 0.1, PositiveWeights = [1, 2, 3, 4, 5] },
        ["binary_kd temperature=1"] = new BinaryKd(),
        ["binary_kd temperature=4"] = new BinaryKd { Temperature = 4 },
        ["tfkd_reg paper alpha=0.1 temperature=20 correct=0.99"] = new TfKdRegularization(),
        ["tfkd_reg reference_code alpha=0.1 temperature=20 correct=0.99 multiplier=100"] =
            new TfKdRegularization { Form = TfKdForm.ReferenceCode, Multiplier = 100 },
        ["tfkd_reg paper alpha=0.95 temperature=40 correct=0.99"] = new TfKdRegularization { Alpha = 0.95, Temperature = 40 },
        ["tfkd_reg reference_code alpha=0.95 temperature=40 correct=0.99 multiplier=1"] =
            new TfKdRegularization { Alpha = 0.95, Temperature = 40, Form = TfKdForm.ReferenceCode },
        ["tfkd_reg paper alpha=0.1 temperature=40 correct=0.99"] = new TfKdRegularization { Temperature = 40 },
        ["tfkd_reg reference_code alpha=0.1 temperature=40 correct=0.99 multiplier=50"] =
            new TfKdRegularization { Temperature = 40, Form = TfKdForm.ReferenceCode, Multiplier = 50 },
        ["tfkd_reg paper alpha=0.5 temperature=20 correct=0.9"] = new TfKdRegularization { Alpha = 0.5, CorrectProbability = 0.9 },
        ["tfkd_reg reference_code alpha=0.5 temperature=20 correct=0.9 multiplier=1"] =
            new TfKdRegularization { Alpha = 0.5, CorrectProbability = 0.9, Form = TfKdForm.ReferenceCode },
    };

    public static TheoryData<string> Keys => [.. _objectives.Keys];

    [Theory]
    [MemberData(nameof(Keys))]
    public void Objective_equals_the_golden_value(string key)
    {
        foreach (var (batch, values) in Read())
            Assert.Equal(values[key], batch.Value(_objectives[key]), 1e-6);
    }

    [Fact]
    public void Every_golden_key_is_tested()
    {
        foreach (var (_, values) in Read())
            Assert.Equal(_objectives.Keys.Order(), values.Keys.Order());
    }

    private static List<(LogitBatch Batch, Dictionary<string, double> Values)> Read()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "objectives.json")));
        var cases = document.RootElement.EnumerateArray().Select(entry => (
            new LogitBatch(
                entry.GetProperty("student").Deserialize<double[][]>()!,
                entry.GetProperty("teacher").Deserialize<double[][]>()!,
                entry.GetProperty("labels").Deserialize<int[]>()!),
            entry.GetProperty("values").Deserialize<Dictionary<string, double>>()!)).ToList();
        Assert.NotEmpty(cases);
        return cases;
    }
}
