using System.Collections;
using System.Runtime.CompilerServices;

namespace TfKd;

/// <summary>
/// Which types are written item by item: arrays, the framework's collections and what the compiler makes of [a, b]. Those of users are
/// written as other types are.
/// </summary>
internal static class CollectionText
{
    public static bool IsCollection(Type type) => type.IsArray || IsValueList(type)
        || (typeof(IEnumerable).IsAssignableFrom(type)
            && (type.Namespace is { } name && name.StartsWith("System.Collections", StringComparison.Ordinal)
                || (type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) && typeof(IList).IsAssignableFrom(type))));

    public static bool IsSet(Type type) =>
        type.GetInterfaces().Any(face => face.IsConstructedGenericType && face.GetGenericTypeDefinition() == typeof(IReadOnlySet<>));

    /// <summary>The lengths of an array of several dimensions; empty for any other list.</summary>
    public static string Dimensions(object list) => list is Array { Rank: > 1 } array
        ? string.Join('x', Enumerable.Range(0, array.Rank).Select(array.GetLength)) + " "
        : "";

    private static bool IsValueList(Type type) => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(ValueList<>);
}
