using System.Reflection;

namespace TfKd;

/// <summary>
/// A value as its type makes it where nobody says otherwise: with the constructor without parameters, or else with one whose parameters are
/// members of the value at hand, by name; of these a parameter with a default of its own gets it, and any other what the value has.
/// </summary>
internal sealed class DefaultInstance
{
    private readonly object _instance;
    private readonly HashSet<string> _given;

    private DefaultInstance(object instance, IEnumerable<string> given) =>
        (_instance, _given) = (instance, given.ToHashSet(StringComparer.OrdinalIgnoreCase));

    /// <summary>The default of a value's type; null where no constructor fits, or it throws.</summary>
    public static DefaultInstance? Of(object value, IReadOnlyList<IdentityMember> members)
    {
        var type = value.GetType();
        if (TypeText.IsFramework(type))
            return null;
        try
        {
            // By the types alone: of all values of a type the same constructor is asked.
            var constructor = type.GetConstructors()
                .OrderBy(constructor => constructor.GetParameters().Length)
                .ThenBy(constructor => constructor.ToString(), StringComparer.Ordinal)
                .FirstOrDefault(constructor => constructor.GetParameters()
                    .All(parameter => parameter.HasDefaultValue || Find(parameter, members) is not null));
            if (type.IsValueType && constructor?.GetParameters().Length is not 0)
                return new DefaultInstance(Activator.CreateInstance(type)!, []);
            return constructor is null ? null : Make(constructor, value, members);
        }
        catch (Exception exception) when (exception is TargetInvocationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>What a member has by default.</summary>
    /// <returns>False: it has none, since the default was made from the value's own.</returns>
    public bool TryGet(IdentityMember member, out object? value)
    {
        var isOwn = _given.Contains(member.Name);
        value = isOwn ? null : member.Field.GetValue(_instance);
        return !isOwn;
    }

    private static DefaultInstance Make(ConstructorInfo constructor, object value, IReadOnlyList<IdentityMember> members)
    {
        var parameters = constructor.GetParameters()
            .Select(parameter => (Parameter: parameter, Member: Find(parameter, members))).ToArray();
        var arguments = parameters.Select(given =>
            given.Parameter.HasDefaultValue ? given.Parameter.DefaultValue : given.Member!.Field.GetValue(value));
        return new DefaultInstance(
            constructor.Invoke([.. arguments]),
            parameters.Where(given => !given.Parameter.HasDefaultValue).Select(given => given.Member!.Name));
    }

    private static IdentityMember? Find(ParameterInfo parameter, IReadOnlyList<IdentityMember> members) => members.FirstOrDefault(member =>
        string.Equals(member.Name, parameter.Name, StringComparison.OrdinalIgnoreCase)
        && (parameter.ParameterType.IsAssignableFrom(member.Field.FieldType)
            || member.Field.FieldType.IsAssignableFrom(parameter.ParameterType)));
}
