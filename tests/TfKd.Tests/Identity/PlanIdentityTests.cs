using System.Reflection;

namespace TfKd.Tests;

/// <summary>What a plan is made of, against its identity: a property that is forgotten is found here.</summary>
public sealed class PlanIdentityTests
{
    private static readonly TrainingPlan _plan = new() { Objective = new KnowledgeDistillation(), Teacher = new UniformTeacher() };

    public static TheoryData<Type> Types => [.. PlanMembers.Types];

    [Fact]
    public void Every_kind_of_part_is_looked_at()
    {
        Type[] some =
        [
            typeof(TrainingPlan), typeof(WeightedSum), typeof(WeightedTerm), typeof(Dist), typeof(TrainedTeacher),
                typeof(EnsembleTeacher), typeof(RandomErasing), typeof(CutMix),
            typeof(AdamW), typeof(StepSchedule), typeof(EffectiveNumberWeighting), typeof(BackboneWeights), typeof(FactoryNetwork),
                typeof(Vgg), typeof(TeacherCache),
            typeof(ChannelStatistics), typeof(ImageShape),
        ];
        Assert.Empty(some.Except(PlanMembers.Types));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_property_is_part_of_the_identity_unless_it_is_marked(Type type)
    {
        var value = PlanMembers.Create(type);
        Assert.True(value is not null, $"{type.Name} has no constructor without parameters: list a value of it in PlanMembers.");
        foreach (var property in PlanMembers.PropertiesOf(type))
        {
            var other = PlanMembers.With(value, property);
            Assert.True(other is not null, $"No other legal value of {type.Name}.{property.Name} is known: list one in PlanMembers.");
            var isMarked = property.IsDefined(typeof(NotIdentityAttribute));
            Assert.True(Text(value) == Text(other) == isMarked, $"{type.Name}.{property.Name}: {Text(value)}\n{Text(other)}");
        }
    }

    [Fact]
    public void Every_property_of_a_plan_is_part_of_its_essence_unless_it_is_marked()
    {
        // Two count in some plans only, and have tests of their own.
        var always = PlanMembers.PropertiesOf(typeof(TrainingPlan))
            .Where(property => property.Name is not (nameof(TrainingPlan.TeacherCache) or nameof(TrainingPlan.BestEpochMetric)));
        Assert.All(always, property =>
        {
            var other = (TrainingPlan)PlanMembers.With(_plan, property)!;
            Assert.Equal(property.IsDefined(typeof(NotIdentityAttribute)), _plan.TryIdentify() == other.TryIdentify());
        });
    }

    [Fact]
    public void Marked_are_those_that_do_not_change_the_weights() => Assert.Equal(
        [
            "CheckpointDirectory", "CheckpointInterval", "OnCancellation", "Device", "Replicas", "Callbacks", "StepsARead", "Clock",
            "Directory", "MemoryBudget",
        ],
        PlanMembers.Types.SelectMany(PlanMembers.PropertiesOf).Where(property => property.IsDefined(typeof(NotIdentityAttribute)))
            .Select(property => property.Name));

    [Fact]
    public void A_cache_is_part_of_it_where_it_changes_the_numbers()
    {
        var rounded = new TeacherCache { Precision = TeacherCachePrecision.Float16 };
        var identity = _plan.TryIdentify();
        Assert.Equal(identity, (_plan with { TeacherCache = new TeacherCache { Directory = "d" } }).TryIdentify());
        Assert.Equal(identity, (_plan with { TeacherCache = TeacherCache.Off with { TopK = 3 } }).TryIdentify());
        Assert.NotEqual(identity, (_plan with { TeacherCache = rounded }).TryIdentify());
        Assert.NotEqual((_plan with { TeacherCache = rounded }).TryIdentify(), (_plan with { TeacherCache = rounded with { TopK = 3 } })
            .TryIdentify());
        var untaught = _plan with { Teacher = null };
        Assert.Equal(untaught.TryIdentify(), (untaught with { TeacherCache = rounded }).TryIdentify());
    }

    [Fact]
    public void By_what_the_best_epoch_is_chosen_is_part_of_it_where_one_is_chosen()
    {
        var (accuracy, loss) = (_plan with { BestEpochMetric = ValidationMetric.Accuracy },
            _plan with { BestEpochMetric = ValidationMetric.Loss });
        Assert.Equal(_plan.TryIdentify(), accuracy.TryIdentify());
        Assert.NotEqual(_plan.TryIdentify(), loss.TryIdentify());
        Assert.Equal(loss.TryIdentify(), (_plan with { Callbacks = [new EarlyStopping { Metric = ValidationMetric.Loss }] }).TryIdentify());
        Assert.Equal((_plan with { RestoreBestWeights = false }).TryIdentify(), (loss with { RestoreBestWeights = false }).TryIdentify());
    }

    [Fact]
    public void Equal_plans_are_one_in_every_culture_and_however_they_were_built()
    {
        Assert.Equal(Build().TryIdentify(), CanonicalTextTests.In(CanonicalTextTests.Comma(), () => Build().TryIdentify()));
        var rotations = new List<Augmentation> { new Rotation { Degrees = 7.5 } };
        var otherwise = new TrainingPlan { Seed = 3 } with { Augmentations = rotations, BatchSize = 8 };
        Assert.Equal(Build().TryIdentify(), otherwise.TryIdentify());

        static TrainingPlan Build() => new() { BatchSize = 8, Augmentations = [new Rotation { Degrees = 7.5 }], Seed = 3 };
    }

    [Fact]
    public void A_plan_with_a_member_that_cannot_be_written_has_none() =>
        Assert.Null((_plan with { Augmentations = [new Drawn(() => 1)] }).TryIdentify());

    [Fact]
    public void A_network_made_by_a_function_is_told_by_its_name()
    {
        var mine = new FactoryNetwork("mine", _ => throw new NotSupportedException(), new ImageShape(3, 8, 8));
        Assert.Equal(Text(mine),
            Text(new FactoryNetwork("mine", classes => throw new ArgumentException($"{classes}"), new ImageShape(3, 8, 8))));
        Assert.NotEqual(Text(mine), Text(new FactoryNetwork("yours", _ => throw new NotSupportedException(), new ImageShape(3, 8, 8))));
    }

    private static string Text(object? value) => CanonicalText.Of(("It", value));

    private sealed record Drawn(Func<int> Draw) : Augmentation
    {
        protected override TorchSharp.torch.Tensor ApplyCore(TorchSharp.torch.Tensor images, RowRandom random) => images.alias();
    }
}
