using System.CodeDom.Compiler;
using System.Reflection;
using System.Runtime.CompilerServices;
using ArchLoader = ArchUnitNET.Loader.ArchLoader;

namespace TfKd.Tests;

/// <summary>The rooms of an assembly: the folders that its types' sources stand in, and which types use which.</summary>
internal sealed class SourceRooms
{
    /// <summary>The room of types whose source stands in the project's own folder.</summary>
    public const string Root = "root";

    private readonly Assembly _assembly;
    private readonly string _folder;
    private readonly Dictionary<string, string> _roomOfType;
    private readonly (string From, string To)[] _uses;

    /// <param name="assembly">With a portable PDB beside it.</param>
    /// <param name="project">The project's folder below <c>src</c>.</param>
    public SourceRooms(Assembly assembly, string project)
    {
        (_assembly, _folder) = (assembly, $"/src/{project}/");
        _roomOfType = SourceDocuments.OfTypes(assembly).ToDictionary(type => type.Key, type => RoomOf(type.Value));
        _uses = [.. new ArchLoader().LoadAssembly(assembly).Build().Types
            .SelectMany(type => type.Dependencies, (type, dependency) => (From: type.FullName, To: dependency.Target.FullName))
            .Where(use => _roomOfType.ContainsKey(use.From) && _roomOfType.ContainsKey(use.To))
            .Distinct()];
    }

    /// <summary>The types that were written by hand.</summary>
    public IEnumerable<Type> Types => _assembly.GetTypes().Where(type => !IsGenerated(type));

    /// <summary>The classes that are neither abstract nor sealed.</summary>
    public IEnumerable<Type> OpenClasses => Types.Where(type => type is { IsClass: true, IsAbstract: false, IsSealed: false });

    /// <summary>The types that are in none of the rooms.</summary>
    public IEnumerable<string> Strangers(IReadOnlyList<string> rooms) =>
        from type in Types
        let room = _roomOfType.GetValueOrDefault(type.FullName!, "no source file")
        where !rooms.Contains(room)
        select $"{type.FullName} ({room})";

    /// <summary>The uses of a room by one that stands before it.</summary>
    public IEnumerable<string> UsesUpwards(IReadOnlyList<string> order)
    {
        var places = order.Select((room, place) => (room, place)).ToDictionary(entry => entry.room, entry => entry.place);
        return
            from use in _uses
            let user = _roomOfType[use.From]
            let used = _roomOfType[use.To]
            where places.GetValueOrDefault(used, -1) > places.GetValueOrDefault(user, -1)
            select $"{use.From} ({user}) uses {use.To} ({used})";
    }

    private string RoomOf(IReadOnlySet<string> documents)
    {
        var rooms = documents
            .Where(path => path.Contains(_folder, StringComparison.Ordinal))
            .Select(path => path[(path.LastIndexOf(_folder, StringComparison.Ordinal) + _folder.Length)..].Split('/'))
            .Select(parts => parts.Length == 1 ? Root : parts[0])
            .Where(room => room != "obj")
            .Distinct()
            .ToArray();
        return rooms.Length == 1 ? rooms[0] : $"{rooms.Length} rooms: {string.Join(", ", rooms)}";
    }

    // By the compiler itself, or by a source generator (regular expressions).
    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), false)
        || type.IsDefined(typeof(GeneratedCodeAttribute), false)
        || (type.DeclaringType is { } outer && IsGenerated(outer));
}
