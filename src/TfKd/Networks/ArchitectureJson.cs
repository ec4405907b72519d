using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>
/// Architectures as JSON: the type and the public init properties. The type is the simple name of one of the library's own, and the name
/// with its assembly of a user's; reading instantiates types that derive from <see cref="NetworkArchitecture"/> and no other.
/// </summary>
internal static class ArchitectureJson
{
    private const string TypeKey = "Type";

    private static readonly JsonSerializerOptions Options = new()
    {
        TypeInfoResolver = ReflectionJson.Resolver,
        IgnoreReadOnlyProperties = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(), new Part() },
    };

    public static JsonElement Write(NetworkArchitecture architecture)
    {
        var type = architecture.GetType();
        var json = JsonSerializer.SerializeToNode(architecture, type, Options)!.AsObject();
        json.Insert(0, TypeKey,
            type.Assembly == typeof(NetworkArchitecture).Assembly ? type.Name : $"{type.FullName}, {type.Assembly.GetName().Name}");
        return JsonSerializer.SerializeToElement(json, Options);
    }

    /// <exception cref="InvalidDataException">
    /// There is no type, it is not to be found, it is no architecture, or a property does not fit.
    /// </exception>
    public static NetworkArchitecture Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object
            || !json.TryGetProperty(TypeKey, out var typeName) || typeName.ValueKind != JsonValueKind.String)
            throw new InvalidDataException($"An architecture must be an object with the text property {TypeKey}, but is {json}.");
        var type = Resolve(typeName.GetString()!);
        var properties = JsonSerializer.SerializeToNode(json, Options)!.AsObject();
        properties.Remove(TypeKey);
        try
        {
            return (NetworkArchitecture)properties.Deserialize(type, Options)!;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException(
                $"The properties {properties.ToJsonString()} do not make a {type.Name}: {exception.Message}", exception);
        }
    }

    private static Type Resolve(string name)
    {
        var own = typeof(NetworkArchitecture).Assembly;
        var type = (
            name.Contains(',', StringComparison.Ordinal) ? Find(name) : own.GetType($"{typeof(NetworkArchitecture).Namespace}.{name}"))
            ?? throw new InvalidDataException($"The architecture '{name}' is not to be found; expected a network of this version of "
                + $"{own.GetName().Name}, or a type of an assembly that the application references.");
        return type.IsSubclassOf(typeof(NetworkArchitecture)) && !type.IsAbstract
            ? type
            : throw new InvalidDataException(
                $"'{name}' is no architecture: expected a type that derives from {nameof(NetworkArchitecture)}.");
    }

    private static Type? Find(string assemblyQualifiedName)
    {
        try
        {
            return Type.GetType(assemblyQualifiedName, throwOnError: false);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException or TypeLoadException)
        {
            return null;
        }
    }

    /// <summary>An architecture within another, in the same form.</summary>
    private sealed class Part : JsonConverter<NetworkArchitecture>
    {
        public override NetworkArchitecture Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var json = JsonDocument.ParseValue(ref reader);
            return ArchitectureJson.Read(json.RootElement);
        }

        public override void Write(Utf8JsonWriter writer, NetworkArchitecture value, JsonSerializerOptions options) =>
            ArchitectureJson.Write(value).WriteTo(writer);
    }
}
