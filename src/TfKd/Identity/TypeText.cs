namespace TfKd;

/// <summary>Names of types without the versions of their assemblies.</summary>
internal static class TypeText
{
    /// <summary>The full name, of generic types with those of their arguments.</summary>
    public static string Of(Type type)
    {
        if (type.IsArray)
            return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        var open = type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type;
        var name = open.FullName ?? open.Name;
        return type.IsConstructedGenericType ? $"{name}<{string.Join(",", type.GetGenericArguments().Select(Of))}>" : name;
    }

    /// <summary>Whether a type is the framework's: its fields are nobody's business, and may change with its version.</summary>
    public static bool IsFramework(Type type) => type.Namespace is { } name
        && (name == nameof(System) || name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.ML", StringComparison.Ordinal));
}
