using System.Reflection;
using TorchSharp;
using Options = TfKd.MLNet.TorchImageClassificationTrainer.Options;

namespace TfKd.MLNet.Tests;

/// <summary>
/// Options repeat what a plan has, for other defaults and in other words: each setting that both have must reach the plan.
/// </summary>
public sealed class OptionsToPlanTests
{
    /// <summary>What of a plan is not set by an option of the same name, with the reason; tests below hold the others.</summary>
    private static readonly Dictionary<string, string> SetOtherwise = new()
    {
        [nameof(TrainingPlan.Seed)] = "drawn from ML.NET's host at Fit",
        [nameof(TrainingPlan.InitialWeights)] = "made of WeightsPath and WeightsDictionary, InitialWeights or InitialModel",
        [nameof(TrainingPlan.Callbacks)] = "EarlyStopping and the host's own watcher are put before the user's",
    };

    /// <summary>One value a type that is no property's default; numbers, truth values and enumerations need none.</summary>
    private static readonly object[] Values =
    [
        new LabelSmoothing { Smoothing = 0.3 }, new UniformTeacher(), new InverseFrequencyWeighting(), new TeacherCache { TopK = 3 },
        new Augmentation[] { new HorizontalFlip() }, new Mixup(), new Sgd { LearningRate = 0.125 }, new ConstantSchedule(), "somewhere",
        new ChannelStatistics([0.5], [0.25]), new CheckpointInterval { Epochs = 7 }, torch.CPU,
        new LinearProbe(), new WeightAverage { Decay = 0.5 }, new TfKd.Tests.LoneReplica(),
        new FakeQuantization { FirstEpoch = 2 },
    ];

    public static TheoryData<string> Shared =>
        [.. PlanProperties.Select(property => property.Name).Where(name => !SetOtherwise.ContainsKey(name))];

    private static IEnumerable<PropertyInfo> PlanProperties =>
        typeof(TrainingPlan).GetProperties().Where(property => property.SetMethod is { IsPublic: true });

    [Theory]
    [MemberData(nameof(Shared))]
    public void An_option_reaches_the_plan(string name)
    {
        var option = typeof(Options).GetProperty(name);
        Assert.True(
            option is not null, $"TrainingPlan.{name} has no option of its name: add one, or say in this test how the plan comes by it.");
        // Stages are frozen at weights that there are.
        var options = new Options { WeightsPath = "weights.safetensors" };
        var other = OtherThan(option.GetValue(options), option.PropertyType);
        option.SetValue(options, other);
        Assert.Equal(other, typeof(TrainingPlan).GetProperty(name)!.GetValue(options.ToPlan()));
    }

    [Fact]
    public void Frozen_SqueezeNet_with_plain_steps_is_warned_of()
    {
        var options = new TorchImageClassificationTrainer.Options { Network = new SqueezeNet(), WeightsPath = "weights.pth" };
        Assert.Null(options.OptimizerAdvice);
        Assert.StartsWith(
            "A SqueezeNet with frozen stages learns poorly with Sgd {",
            (options with { FrozenStages = 1 }).OptimizerAdvice,
            StringComparison.Ordinal);
        Assert.Null((options with { FrozenStages = 1, Optimizer = new AdamW() }).OptimizerAdvice);
        Assert.Null((options with { FrozenStages = 1, Network = new MobileNetV2() }).OptimizerAdvice);
    }

    [Fact]
    public void An_option_that_is_not_set_is_its_default_in_the_plan()
    {
        var options = new Options();
        var plan = options.ToPlan();
        foreach (var name in Shared.Select(row => row.Data))
            Assert.Equal(typeof(Options).GetProperty(name)!.GetValue(options), typeof(TrainingPlan).GetProperty(name)!.GetValue(plan));
    }

    [Fact]
    public void What_is_set_otherwise_is_a_property_of_the_plan() =>
        Assert.Subset(PlanProperties.Select(property => property.Name).ToHashSet(), SetOtherwise.Keys.ToHashSet());

    [Fact]
    public void Early_stopping_stands_before_the_callbacks()
    {
        var (stopping, callback) = (new EarlyStopping(), new CsvLog("log.csv"));
        Assert.Equal([callback], new Options { Callbacks = [callback] }.ToPlan().Callbacks);
        Assert.Equal([stopping, callback], new Options { Callbacks = [callback], EarlyStopping = stopping }.ToPlan().Callbacks);
    }

    [Fact]
    public void A_weight_file_becomes_the_initial_weights()
    {
        Assert.Null(new Options().ToPlan().InitialWeights);
        Assert.Equal(
            new BackboneWeights("weights.safetensors"), new Options { WeightsPath = "weights.safetensors" }.ToPlan().InitialWeights);
        Assert.Equal(
            new BackboneWeights("weights.pth") { Dictionary = "model_ema" },
            new Options { WeightsPath = "weights.pth", WeightsDictionary = "model_ema" }.ToPlan().InitialWeights);
        Assert.Equal(
            "WeightsDictionary is 'model_ema', but there is no file; set WeightsPath, too.",
            Assert.Throws<ArgumentException>(() => new Options { WeightsDictionary = "model_ema" }.ToPlan()).Message);
        Assert.Equal(Pretrained.ResNet18, new Options { InitialWeights = Pretrained.ResNet18 }.ToPlan().InitialWeights);
    }

    [Fact]
    public void Initial_weights_bring_their_network()
    {
        Assert.Equal(new ResNet { Depth = 50 }, new Options { InitialWeights = Pretrained.ResNet50 }.Network);
        Assert.Equal(new ResNet(), new Options { InitialWeights = Pretrained.ResNet50, Network = new ResNet() }.Network);
    }

    [Fact]
    public void A_score_column_becomes_the_teacher() =>
        Assert.Equal(new ScoreColumnTeacher("Scores"), new Options { TeacherScoreColumnName = "Scores" }.ToPlan().Teacher);

    private static object OtherThan(object? value, Type type)
    {
        var underlying = Nullable.GetUnderlyingType(type) ?? type;
        if (underlying == typeof(bool))
            return value is false;
        if (underlying.IsEnum)
            return Enum.GetValues(underlying).Cast<object>().First(other => !other.Equals(value));
        if (underlying.IsPrimitive)
            return Convert.ChangeType(Convert.ToDouble(value ?? 0, null) + 1, underlying, null);
        return Array.Find(Values, other => underlying.IsInstanceOfType(other) && !other.Equals(value))
            ?? throw new NotSupportedException($"This test has no value of type {type.Name}: give it one that is not the default.");
    }
}
