using System.Reflection;

namespace TfKd.Tests;

/// <summary>
/// All that a plan can be made of, found by reflection, with a value of each type and other legal values of each property.
/// </summary>
internal static class PlanMembers
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // Types that are made of something.
    private static readonly object[] _made =
    [
        new ProjectedNetwork(new SmallCnn()),
        new TrainedTeacher(new SmallCnn()),
        new WeightFileTeacher(new SmallCnn(), "a.pth"),
        new TorchScriptTeacher("a.pt") { ClassNames = ["a", "b"] },
        new EnsembleTeacher(new UniformTeacher(), new VirtualTeacher()),
        new BackboneWeights("a.pth"),
        new FirstLayers(new BackboneWeights("a.pth")),
        new WeightedSum([new WeightedTerm(1, new CrossEntropy())]),
        new WeightedTerm(1, new CrossEntropy()),
        new RandomMixing(new Mixup(), new CutMix()),
        new FactoryNetwork("mine", _ => throw new NotSupportedException(), new ImageShape(3, 8, 8)),
        ChannelStatistics.ImageNet,
        new LogitStandardization { Inner = new SoftTargetKl() },
        new Ramped { Inner = new CrossEntropy() },
        new Sam(),
    ];

    // What a constructor takes and no property sets.
    private static readonly Dictionary<string, object> _others = new()
    {
        ["EnsembleTeacher.Members"] = new EnsembleTeacher(new UniformTeacher(), new SelfTeacher()),
        ["WeightedSum.Terms"] = new WeightedSum([new WeightedTerm(1, new FocalLoss())]),
        ["WeightedTerm.Objective"] = new WeightedTerm(1, new FocalLoss()),
        ["RandomMixing.Members"] = new RandomMixing(new CutMix(), new Mixup()),
        ["Sam.BaseOptimizer"] = new Sam(new AdamW { LearningRate = 0.1 }),
        ["ChannelStatistics.Mean"] = new ChannelStatistics([0.4, 0.456, 0.406], ChannelStatistics.ImageNet.Std),
        ["ChannelStatistics.Std"] = new ChannelStatistics(ChannelStatistics.ImageNet.Mean, [0.3, 0.224, 0.225]),
    };

    /// <summary>Every type of the library that a value in a plan, or its network, may have.</summary>
    public static IReadOnlyList<Type> Types { get; } = Reach(typeof(TrainingPlan), typeof(NetworkArchitecture));

    /// <summary>The properties of a type that have state, those of its bases included.</summary>
    public static IEnumerable<PropertyInfo> PropertiesOf(Type type)
    {
        for (var level = type; level is not null && level.Assembly == type.Assembly; level = level.BaseType)
        {
            foreach (var property in level.GetProperties(Declared)
                .Where(property => level.GetField($"<{property.Name}>k__BackingField", Declared) is not null))
                yield return property;
        }
    }

    /// <summary>A value of a type; null where there is none without parameters and none is listed.</summary>
    public static object? Create(Type type) => _made.FirstOrDefault(made => made.GetType() == type)
        ?? (type.IsValueType || type.GetConstructor([]) is not null ? Activator.CreateInstance(type) : null);

    /// <summary>The value with another legal value of a property; null where none is known.</summary>
    public static object? With(object value, PropertyInfo property)
    {
        if (_others.TryGetValue($"{property.DeclaringType!.Name}.{property.Name}", out var other))
            return other;
        if (property.SetMethod is null)
            return null;
        foreach (var candidate in Candidates(property.PropertyType, property.GetValue(value)))
        {
            // Structs are copied by boxing.
            var copy = (value.GetType().GetMethod("<Clone>$") ?? typeof(object).GetMethod("MemberwiseClone", Declared))!.Invoke(
                value, null)!;
            try
            {
                property.SetValue(copy, candidate);
                return copy;
            }
            catch (TargetInvocationException)
            {
                // Not legal there.
            }
        }

        return null;
    }

    private static IEnumerable<object?> Candidates(Type type, object? current)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        IEnumerable<object?> values =
            bare == typeof(bool) ? [true, false]
            : bare.IsEnum ? Enum.GetValues(bare).Cast<object>()
            : bare == typeof(int) ? Enumerable.Range(1, 200).Cast<object>()
            : bare == typeof(long) ? [5L, 6L]
            : bare == typeof(double) ? [0.25, 0.5, 0.75, 1.1, 1.5, 7.0]
            : bare == typeof(string) ? ["other", "another"]
            : bare == typeof(TimeSpan) ? [TimeSpan.FromMinutes(3)]
            : bare == typeof(TorchSharp.torch.Device) ? [TorchSharp.torch.CPU]
            : bare == typeof(TimeProvider) ? [new SteppingClock()]
            : bare == typeof(Replicas) ? [new LoneReplica()]
            : ItemOf(bare) is { } item ? Candidates(item, null).Take(3)
                .SelectMany((value, i) => new[] { ListOf(item, value), ListOf(item, value, value) })
            : bare == typeof(ImageShape) ? [new ImageShape(3, 40, 48)]
            : bare == typeof(CheckpointInterval) ? [new CheckpointInterval { Epochs = 3 }]
            : bare == typeof(TrainingCallback) ? [new EarlyStopping()]
            : Types.Where(bare.IsAssignableFrom).Select(Create).Concat(Types.Where(bare.IsAssignableFrom).Select(Varied));
        return values.Where(value => value is not null && !value.Equals(current));
    }

    // Where a type is the only one of its kind, another value of it.
    private static object? Varied(Type type) => Create(type) is { } made && PropertiesOf(type)
        .FirstOrDefault(property => property.SetMethod is not null) is { } property
        ? With(made, property)
        : null;

    private static Array ListOf(Type item, params object?[] values)
    {
        var list = Array.CreateInstance(item, values.Length);
        for (var i = 0; i < values.Length; i++)
            list.SetValue(values[i], i);
        return list;
    }

    private static Type? ItemOf(Type type) => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
        ? type.GetGenericArguments()[0] : null;

    private static Type[] Reach(params Type[] roots)
    {
        var (found, open) = (new List<Type>(), new Queue<Type>(roots));
        while (open.TryDequeue(out var next))
        {
            var bare = Nullable.GetUnderlyingType(next) ?? ItemOf(next) ?? next;
            if (bare.Assembly != typeof(TrainingPlan).Assembly || bare.IsEnum)
                continue;
            foreach (var type in bare.Assembly.GetTypes()
                .Where(type => type.IsPublic && !type.IsAbstract && bare.IsAssignableFrom(type) && !found.Contains(type)).ToList())
            {
                found.Add(type);
                foreach (var property in PropertiesOf(type).Where(property => !property.IsDefined(typeof(NotIdentityAttribute))))
                    open.Enqueue(property.PropertyType);
            }
        }

        return [.. found];
    }
}
