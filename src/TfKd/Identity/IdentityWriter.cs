using System.Collections;
using System.Runtime.CompilerServices;
using TorchSharp;

namespace TfKd;

/// <summary>
/// Writes a value member by member, a line each. The state of a value is its fields, those of its bases included; what it computes is left
/// out, and so is what has the
/// <see cref="NotIdentityAttribute"/>. Lists are written item by item, dictionaries and sets in the order of their keys (not with what
/// compares them). A member that has what its type's constructor gives it is left out, so that a type that gets another property keeps its
/// texts.
/// </summary>
internal sealed class IdentityWriter
{
    // What is nested deeper is a chain that would never end.
    private const int MaxDepth = 100;

    private readonly List<IdentityLine> _lines = [];
    private readonly List<object> _ancestors = [];
    private readonly Dictionary<string, string> _defaults = [];

    /// <summary>What was written.</summary>
    public IReadOnlyList<IdentityLine> Lines => _lines;

    /// <summary>What the members had by default, by path.</summary>
    public IReadOnlyDictionary<string, string> Defaults => _defaults;

    /// <summary>Writes a value.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="InvalidOperationException">It, or a member of it, cannot be written.</exception>
    public void Write(string path, object? value)
    {
        if (ScalarText.TryOf(value) is { } text)
            Add(path, text);
        else if (value is IHasIdentity own)
            Add(path, $"{TypeText.Of(value.GetType())} {Quote(path, own)}");
        else
            WriteNested(path, value!);
    }

    private static string Quote(string path, IHasIdentity value) =>
        ScalarText.Quote(value.Identity ?? throw Refusal(path, value, "whose Identity is null"));

    private void WriteNested(string path, object value)
    {
        if (value is Delegate or torch.Tensor or torch.nn.Module or Stream)
            throw Refusal(path, value, "which has no text that tells it from others");
        if (_ancestors.Exists(ancestor => ReferenceEquals(ancestor, value)))
            throw Refusal(path, value, "which is within itself");
        if (_ancestors.Count >= MaxDepth)
            throw Refusal(path, value, $"which is nested more than {MaxDepth} deep");
        _ancestors.Add(value);
        var type = value.GetType();
        if (CollectionText.IsCollection(type))
            WriteItems(path, value);
        else if (IsWritable(type))
            WriteMembers(path, value, type);
        else
            throw Refusal(path, value, "which has no text that tells it from others");
        _ancestors.RemoveAt(_ancestors.Count - 1);
    }

    private void WriteMembers(string path, object value, Type type)
    {
        Add(path, TypeText.Of(type));
        var members = IdentityMember.Of(type);
        var defaults = DefaultInstance.Of(value, members);
        foreach (var member in members)
        {
            var first = _lines.Count;
            var memberPath = $"{path}.{member.Name}";
            Write(memberPath, member.Field.GetValue(value));
            if (defaults is null || !defaults.TryGet(member, out var atDefault) || LinesOf(memberPath, atDefault) is not { } lines)
                continue;
            if (lines.SequenceEqual(_lines.Skip(first)))
                _lines.RemoveRange(first, _lines.Count - first);
            foreach (var line in lines)
                _defaults.TryAdd(line.Path, line.Text);
        }

        // A list of a user's own: the items that its base holds are a part of it, too.
        var frameworkBase = IdentityMember.FrameworkBase(type);
        if (frameworkBase is null || frameworkBase == typeof(object) || frameworkBase == typeof(ValueType) || TypeText.IsFramework(type))
            return;
        if (!CollectionText.IsCollection(frameworkBase))
            throw Refusal(path, value, $"whose base {TypeText.Of(frameworkBase)} has no text that tells it from others");
        WriteItems($"{path}.Items", value);
    }

    private void WriteItems(string path, object collection)
    {
        if (collection is IDictionary dictionary)
        {
            WriteEntries(path, dictionary);
            return;
        }

        var items = ((IEnumerable)collection).Cast<object?>().ToArray();
        var texts = items.Select(ScalarText.TryOf).ToArray();
        if (CollectionText.IsSet(collection.GetType()))
        {
            var members = texts.Select(text => text ?? throw Refusal(path, collection, "a set of what is neither text nor number"));
            Add(path, $"set {{{string.Join(", ", members.Order(StringComparer.Ordinal))}}}");
        }
        else if (!texts.Contains(null))
        {
            Add(path, $"{CollectionText.Dimensions(collection)}[{string.Join(", ", texts)}]");
        }
        else
        {
            Add(path, $"{CollectionText.Dimensions(collection)}[{items.Length} items]");
            for (var i = 0; i < items.Length; i++)
                Write($"{path}[{i}]", items[i]);
        }
    }

    private void WriteEntries(string path, IDictionary dictionary)
    {
        Add(path, $"{{{dictionary.Count} entries}}");
        var entries = dictionary.Keys.Cast<object>()
            .Select(key => (Key: ScalarText.TryOf(key) ?? throw Refusal(path, dictionary, "whose keys are neither text nor numbers"),
                Value: dictionary[key]))
            .OrderBy(entry => entry.Key, StringComparer.Ordinal);
        foreach (var (key, value) in entries)
            Write($"{path}[{ScalarText.InPath(key)}]", value);
    }

    private static List<IdentityLine>? LinesOf(string path, object? value)
    {
        var writer = new IdentityWriter();
        try
        {
            writer.Write(path, value);
            return writer._lines;
        }
        catch (InvalidOperationException)
        {
            // A default that cannot be written is no default that anything could have.
            return null;
        }
    }

    // What the compiler makes, but for anonymous types, is not a value: iterators know the thread that made them.
    private static bool IsWritable(Type type) => TypeText.IsFramework(type)
        ? typeof(ITuple).IsAssignableFrom(type)
            || (type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
        : !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
            || type.Name.Contains("AnonymousType", StringComparison.Ordinal);

    private static InvalidOperationException Refusal(string path, object value, string reason) => new(
        $"{path} is a {TypeText.Of(value.GetType())}, {reason}: a checkpoint or kept answers of this plan would not be known again. "
        + "Mark the member as [NotIdentity] where it does not change what is trained; "
        + $"otherwise let the type that has it implement {nameof(IHasIdentity)}.");

    private void Add(string path, string text) => _lines.Add(new IdentityLine(path, text));
}
