using System.Text.RegularExpressions;

namespace TfKd.Tests;

/// <summary>
/// Single-file programs take reflection away from JSON that does not ask for it by name, so every call in the sources names its options.
/// </summary>
public sealed partial class JsonTests
{
    [Fact]
    public void Every_call_names_options_with_a_resolver() => Assert.Empty(Sources().SelectMany(source => WithoutOptions(source.Text)));

    [Fact]
    public void Every_set_of_options_has_a_resolver() => Assert.All(
        Sources().Where(source => source.Name != "ReflectionJson.cs"),
        source => Assert.True(
            Declaration().Count(source.Text) <= Resolver().Count(source.Text), $"{source.Name} has options without a resolver."));

    [Fact]
    public void A_call_without_options_is_found()
    {
        Assert.Single(WithoutOptions("JsonSerializer.Serialize(value)"));
        Assert.Single(WithoutOptions("x = JsonSerializer.Deserialize<string[]>(json);"));
        Assert.Empty(WithoutOptions("JsonSerializer.Serialize(stream, new Content(a, b), _json)"));
    }

    private static IEnumerable<string> WithoutOptions(string text) =>
        Call().Matches(text).Select(match => match.Value).Where(call => !Named().IsMatch(call));

    private static IEnumerable<(string Name, string Text)> Sources()
    {
        var paths = Repository.SourceFiles("src").ToList();
        Assert.NotEmpty(paths);
        return paths.Select(path => (Path.GetFileName(path), File.ReadAllText(path)));
    }

    // The call with its arguments, and what is in their brackets.
    [GeneratedRegex(@"JsonSerializer\.\w+(<[^;(]*>)?\((?>[^()]+|(?<open>\()|(?<-open>\)))*\)")]
    private static partial Regex Call();

    [GeneratedRegex(@"(Options|Json|_json)\)$")]
    private static partial Regex Named();

    [GeneratedRegex(@"JsonSerializerOptions \w+ = new\(\)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"TypeInfoResolver = ReflectionJson\.Resolver")]
    private static partial Regex Resolver();
}
