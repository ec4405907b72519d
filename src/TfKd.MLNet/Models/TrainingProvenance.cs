using System.Reflection;
using System.Text.Json.Serialization;
using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>Where a model comes from: what was run, with what, and what was measured.</summary>
public sealed record TrainingProvenance
{
    /// <summary>The training plan, in words.</summary>
    public string Plan { get; init; } = "";

    /// <summary>
    /// What tells the plan from those that give other weights: SHA-256, in hexadecimal digits, of all its members but those that are marked
    /// as <see cref="NotIdentityAttribute"/>. Null where a member of the plan cannot be written (a delegate of an augmentation, say), and
    /// in older files.
    /// </summary>
    public string? PlanIdentity { get; init; }

    /// <summary>The seed that all random numbers of the run were derived from.</summary>
    public long Seed { get; init; }

    /// <summary>What was measured, with the rows it was measured on.</summary>
    public IReadOnlyList<ModelMetric> Metrics { get; init; } = [];

    /// <summary>The rows it was made from, class by class.</summary>
    public IReadOnlyList<ClassRows> Rows { get; init; } = [];

    /// <summary>How many rows without a label it learnt from beside them.</summary>
    public int UnlabelledRows { get; init; }

    /// <summary>What the run found of its teacher; null without one.</summary>
    public TeacherReport? TeacherReport { get; init; }

    /// <summary>What became of the scores where the model scores in other numbers than float32; null where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public QuantizationReport? Quantization { get; init; }

    /// <summary>Versions of the libraries of the run, by assembly name. Default: those in this process.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } =
        new[] { typeof(TrainingProvenance), typeof(TorchSharp.torch), typeof(MLContext) }.ToDictionary(
            type => type.Assembly.GetName().Name!,
            type => type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0]);
}
