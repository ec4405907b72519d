using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TfKd;

/// <summary>
/// JSON by reflection, asked for by name: an application with PublishAot, which each single-file program is by default, takes it away from
/// every call that does not. All that is written and read as JSON uses these options or this resolver.
/// </summary>
internal static class ReflectionJson
{
    /// <summary>How types are written and read: by their public properties.</summary>
    public static IJsonTypeInfoResolver Resolver { get; } = new DefaultJsonTypeInfoResolver();

    /// <summary>The defaults, but that NaN, a metric of no rows, is written by its name.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        TypeInfoResolver = Resolver,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };
}
