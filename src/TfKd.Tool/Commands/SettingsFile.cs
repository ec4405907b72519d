using System.CommandLine;
using System.Text.Json;

namespace TfKd.Tool;

/// <summary>Options of a command in a JSON file: <c>{ "dataset": "photos", "train-time": 60 }</c>.</summary>
internal static class SettingsFile
{
    private static readonly JsonDocumentOptions _options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The settings as if they stood on the command line, without those that stand there already.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="settings">The option that names the file.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="UsageException">The file cannot be read, or has what is no option of the command.</exception>
    public static IEnumerable<string> ToArguments(ParseResult parsed, Option settings, string path)
    {
        using var document = Read(path);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw new UsageException($"The settings file '{path}' must be an object, {{ \"epochs\": 5 }}, but is {document.RootElement}.");
        var options = OptionsOf(parsed.CommandResult.Command, parsed.RootCommandResult.Command)
            .Where(option => option != settings)
            .ToDictionary(option => Key(option.Name), StringComparer.Ordinal);
        var seen = new HashSet<string>();
        var arguments = new List<string>();
        foreach (var setting in document.RootElement.EnumerateObject())
        {
            if (!options.TryGetValue(Key(setting.Name), out var option))
            {
                var known = options.Values.Select(known => known.Name.TrimStart('-')).Order(StringComparer.Ordinal);
                throw new UsageException(
                    $"The setting '{setting.Name}' in '{path}' is no option of '{parsed.CommandResult.Command.Name}'; those are "
                    + $"{string.Join(", ", known)}.");
            }

            if (!seen.Add(option.Name))
                throw new UsageException($"The setting '{setting.Name}' stands in '{path}' twice.");
            if (parsed.GetResult(option) is null or { Implicit: true })
                arguments.AddRange(ValuesOf(setting, option, path).Select(value => $"{option.Name}={value}"));
        }

        return arguments;
    }

    private static JsonDocument Read(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), _options);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UsageException($"The settings file '{path}' cannot be read: {exception.Message}");
        }
    }

    private static IEnumerable<Option> OptionsOf(Command command, Command root) =>
        command.Options.Concat(root.Options.Where(option => option.Recursive))
            .Where(option => option is not (System.CommandLine.Help.HelpOption or VersionOption));

    // "trainTime", "TrainTime" and "train-time" are one setting.
    private static string Key(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    private static IEnumerable<string> ValuesOf(JsonProperty setting, Option option, string path) => setting.Value.ValueKind switch
    {
        not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null) when option.ValueType == typeof(bool) =>
            throw new UsageException(
                $"The setting '{setting.Name}' in '{path}' must be true or false, but is {setting.Value.GetRawText()}."),
        JsonValueKind.Null => [],
        JsonValueKind.Array => setting.Value.EnumerateArray().Select(value => ValueOf(setting.Name, value, path)),
        _ => [ValueOf(setting.Name, setting.Value, path)],
    };

    private static string ValueOf(string name, JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new UsageException($"The setting '{name}' in '{path}' must be text, a number, true or false, but is {value}."),
    };
}
