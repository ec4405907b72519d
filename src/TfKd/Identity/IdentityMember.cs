using System.Reflection;

namespace TfKd;

/// <summary>A field that is part of what a value is: that of a property under the property's name.</summary>
/// <param name="Name">The property's name, or the field's.</param>
/// <param name="Field">The field.</param>
internal sealed record IdentityMember(string Name, FieldInfo Field)
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>
    /// The members of a type and of its bases up to the framework's, ordered by name; without those that are marked as <see
    /// cref="NotIdentityAttribute"/>.
    /// </summary>
    public static IReadOnlyList<IdentityMember> Of(Type type)
    {
        var members = Levels(type).SelectMany(level => level.GetFields(Declared))
            .Select(field => new IdentityMember(NameOf(field), field))
            .ToList();
        // A field of a base that has the name of another is told from it by its type.
        var shared = members.GroupBy(member => member.Name).Where(group => group.Count() > 1).Select(group => group.Key).ToHashSet();
        return
        [
            .. members.Where(member => !member.IsLeftOut)
                .Select(member => shared.Contains(member.Name)
                    ? member with { Name = $"{member.Name}@{TypeText.Of(member.Field.DeclaringType!)}" }
                    : member)
                .OrderBy(member => member.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>The first base of a type that is the framework's: for most types <see cref="object"/>.</summary>
    public static Type? FrameworkBase(Type type)
    {
        var level = type;
        while (level is not null && !TypeText.IsFramework(level))
            level = level.BaseType;
        return level;
    }

    // Of tuples the fields are what they are.
    private static IEnumerable<Type> Levels(Type type)
    {
        if (TypeText.IsFramework(type))
            yield return type;
        for (var level = type; level is not null && !TypeText.IsFramework(level); level = level.BaseType)
            yield return level;
    }

    private bool IsLeftOut => Field.IsDefined(typeof(NotIdentityAttribute))
        || Field.DeclaringType!.GetProperty(NameOf(Field), Declared)?.IsDefined(typeof(NotIdentityAttribute)) == true;

    // The compiler's names: <Property>k__BackingField, <parameter>P of a primary constructor, <Member>i__Field.
    private static string NameOf(FieldInfo field) =>
        field.Name.StartsWith('<') && field.Name.IndexOf('>', StringComparison.Ordinal) is > 1 and var end
            ? field.Name[1..end]
            : field.Name;
}
