namespace TfKd.Tests;

/// <summary>What the compiler does not hold: the order of the core's folders, closed classes, short files.</summary>
public sealed class ArchitectureTests
{
    /// <summary>A folder uses itself and folders before it.</summary>
    internal static readonly string[] Rooms =
    [
        "Files", "Numerics", "Identity", "Native", "Replicas", "Data", "Augmentation", "Mixing", "Layers", "Onnx", "Networks", "Transfer", "Optimization",
        "Objectives", "Teachers", "Caching", "Checkpoints", "Metrics", "Plan", "Loop", "Recipes", "Callbacks", "Reports",
        "Search",
    ];

    private static readonly SourceRooms Core = new(typeof(Objective).Assembly, nameof(TfKd));

    [Fact]
    public void Every_type_of_the_core_is_in_a_known_room() => Assert.Empty(Core.Strangers(Rooms));

    [Fact]
    public void A_folder_uses_only_folders_above_it() => Assert.Empty(Core.UsesUpwards(Rooms));

    [Fact]
    public void The_folder_rule_can_fail()
    {
        // Objectives take a network's output and a teacher's signal: with Objectives first, the rule must object.
        string[] reordered = ["Objectives", .. Rooms.Where(room => room != "Objectives")];
        Assert.Contains("TfKd.ObjectiveInput (Objectives) uses TfKd.NetworkOutput (Networks)", Core.UsesUpwards(reordered));
    }

    [Fact]
    public void Every_class_is_abstract_or_sealed() => Assert.Empty(Core.OpenClasses);

    [Fact]
    public void No_source_file_is_longer_than_250_lines()
    {
        var sources = Repository.SourceFiles("src").ToArray();
        Assert.Contains(sources, path => Path.GetFileName(path) == "Objective.cs");
        Assert.DoesNotContain(sources, path => File.ReadLines(path).Count() > 250);
    }
}
