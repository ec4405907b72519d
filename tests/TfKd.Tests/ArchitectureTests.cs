using System.Runtime.CompilerServices;
using ArchLoader = ArchUnitNET.Loader.ArchLoader;

namespace TfKd.Tests;

/// <summary>What the compiler does not hold: the order of the core's folders, closed classes, short files.</summary>
public sealed class ArchitectureTests
{
    /// <summary>A folder uses itself and folders before it.</summary>
    internal static readonly string[] Rooms =
    [
        "Files", "Numerics", "Native", "Data", "Augmentation", "Mixing", "Layers", "Onnx", "Networks", "Transfer", "Optimization",
        "Objectives", "Teachers", "Caching", "Checkpoints", "Metrics", "Plan", "Loop", "Recipes", "Callbacks", "Reports",
    ];

    private static readonly System.Reflection.Assembly Core = typeof(Objective).Assembly;

    /// <summary>The room of each type of the core, by full name.</summary>
    private static readonly Dictionary<string, string> RoomOfType =
        SourceDocuments.OfTypes(Core).ToDictionary(type => type.Key, type => RoomOf(type.Value));

    private static readonly (string From, string To)[] Uses = [.. new ArchLoader().LoadAssembly(Core).Build().Types
        .SelectMany(type => type.Dependencies, (type, dependency) => (From: type.FullName, To: dependency.Target.FullName))
        .Where(use => RoomOfType.ContainsKey(use.From) && RoomOfType.ContainsKey(use.To))
        .Distinct()];

    [Fact]
    public void Every_type_of_the_core_is_in_a_known_room()
    {
        var strangers = Core.GetTypes().Where(type => type.Namespace == nameof(TfKd) && !IsCompilerGenerated(type)
            && !Rooms.Contains(RoomOfType.GetValueOrDefault(type.FullName!, "no source file")));
        Assert.Empty(strangers);
    }

    [Fact]
    public void A_folder_uses_only_folders_above_it() => Assert.Empty(UsesUpwards(Rooms));

    [Fact]
    public void The_folder_rule_can_fail()
    {
        // Objectives take a network's output and a teacher's signal: with Objectives first, the rule must object.
        string[] reordered = ["Objectives", .. Rooms.Where(room => room != "Objectives")];
        Assert.Contains("TfKd.ObjectiveInput (Objectives) uses TfKd.NetworkOutput (Networks)", UsesUpwards(reordered));
    }

    [Fact]
    public void Every_class_is_abstract_or_sealed() =>
        Assert.DoesNotContain(
            Core.GetTypes(), type => type is { IsClass: true, IsAbstract: false, IsSealed: false } && !IsCompilerGenerated(type));

    [Fact]
    public void No_source_file_is_longer_than_250_lines()
    {
        var sources = SourceFiles().ToArray();
        Assert.Contains(sources, path => Path.GetFileName(path) == "Objective.cs");
        Assert.DoesNotContain(sources, path => File.ReadLines(path).Count() > 250);
    }

    private static IEnumerable<string> UsesUpwards(string[] order) =>
        from use in Uses
        let user = RoomOfType[use.From]
        let used = RoomOfType[use.To]
        where Array.IndexOf(order, used) > Array.IndexOf(order, user)
        select $"{use.From} ({user}) uses {use.To} ({used})";

    private static string RoomOf(IReadOnlySet<string> documents)
    {
        const string Root = "/src/TfKd/";
        var rooms = documents
            .Where(path => path.Contains(Root, StringComparison.Ordinal))
            .Select(path => path[(path.LastIndexOf(Root, StringComparison.Ordinal) + Root.Length)..].Split('/')[0])
            .Where(room => room != "obj")
            .Distinct()
            .ToArray();
        return rooms.Length == 1 ? rooms[0] : $"{rooms.Length} rooms: {string.Join(", ", rooms)}";
    }

    private static bool IsCompilerGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), false) || (type.DeclaringType is { } outer && IsCompilerGenerated(outer));

    private static IEnumerable<string> SourceFiles()
    {
        var separator = Path.DirectorySeparatorChar;
        return Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{separator}obj{separator}", StringComparison.Ordinal));
    }
}
