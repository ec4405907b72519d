using System.Collections;
using System.Reflection;
using System.Text.RegularExpressions;
using TfKd.Tests;
using Options = TfKd.MLNet.TorchImageClassificationTrainer.Options;

namespace TfKd.MLNet.Tests;

/// <summary>examples/guides/options.md, held against the code: every property has its row, with its type and its default.</summary>
public sealed partial class OptionsPageTests
{
    private static readonly string _page = File.ReadAllText(Repository.PathOf("examples/guides/options.md")).ReplaceLineEndings("\n");

    public static TheoryData<Type, string> Tables => new()
    {
        { typeof(Options), "The trainer" },
        { typeof(OnnxSettings), "An ONNX file" },
        { typeof(OnnxExecution), "How scores are computed" },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_property_has_a_row_with_its_type_and_its_default(Type type, string heading) =>
        Assert.Empty(Differences(type, Rows(Part(_page, heading))));

    [Theory]
    [InlineData("| `Width` | `int` | `0` |", "| `Height` | `int` | `0` |", "Width has no row", "Height has 2 rows")]
    [InlineData("| `Width` | `int` | `0` |", "| `Wide` | `int` | `0` |", "Width has no row", "Wide is no property")]
    [InlineData("| `Width` | `int` | `0` |", "| `Width` | `long` | `0` |", "Width is of type int, not long")]
    [InlineData("| `Width` | `int` | `0` |", "| `Width` | `int` | `32` |", "Width is 0 by default, not 32")]
    [InlineData("| `Embedding` | `bool?` | `null` |", "| `Embedding` | `bool?` | `true` |", "Embedding is null by default, not true")]
    public void A_row_that_is_missing_or_wrong_is_found(string row, string instead, params string[] found)
    {
        var part = Part(_page, "An ONNX file");
        Assert.Contains(row, part, StringComparison.Ordinal);
        Assert.Equal(found, Differences(typeof(OnnxSettings), Rows(part.Replace(row, instead, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(160, 0)]
    [InlineData(160, 900)]
    [InlineData(5000, 0)]
    public void Recipes_set_what_their_table_says(int photoCount, int unlabelledCount)
    {
        var rows = Rows(Part(_page, "Recipes for photos"));
        Assert.NotEmpty(rows);
        Options[] written = [.. Enumerable.Range(1, 4).Select(column => Written(rows, column, photoCount, unlabelledCount))];
        Options[] made =
        [
            PhotoRecipe.Frozen(),
            PhotoRecipe.FineTuned(photoCount),
            PhotoRecipe.SmallStudent(photoCount, unlabelledCount),
            PhotoRecipe.TaughtStudent(photoCount, unlabelledCount),
        ];
        Assert.All(made, (options, index) => Assert.Empty(Properties(typeof(Options))
            .Where(property => !AreEqual(property.GetValue(options), property.GetValue(written[index])))
            .Select(property => $"{property.Name} is {property.GetValue(options)}, not {property.GetValue(written[index])}")));
    }

    private static IEnumerable<string> Differences(Type type, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var properties = Properties(type).ToDictionary(property => property.Name);
        foreach (var name in properties.Keys.Where(name => rows.All(row => row[0] != name)))
            yield return $"{name} has no row";
        foreach (var group in rows.GroupBy(row => row[0]).Where(group => group.Count() > 1))
            yield return $"{group.Key} has {group.Count()} rows";
        foreach (var row in rows.Where(row => !properties.ContainsKey(row[0])))
            yield return $"{row[0]} is no property";
        var known = rows.Where(row => properties.ContainsKey(row[0])).ToList();
        var typeName = type.FullName!.Replace('+', '.');
        var (written, made) = (Make(typeName, known.Select(row => $"{row[0]} = ({row[2]})")), Activator.CreateInstance(type));
        foreach (var row in known)
        {
            var property = properties[row[0]];
            if (TypeText(property) != row[1])
                yield return $"{row[0]} is of type {TypeText(property)}, not {row[1]}";
            else if (!AreEqual(property.GetValue(made), property.GetValue(written)))
                yield return $"{row[0]} is {property.GetValue(made) ?? "null"} by default, not {row[2]}";
        }
    }

    private static Options Written(IReadOnlyList<IReadOnlyList<string>> rows, int column, int photoCount, int unlabelledCount) =>
        (Options)Make(
            typeof(Options).FullName!.Replace('+', '.'),
            rows.Where(row => row[column].Length > 0).Select(row => $"{row[0]} = {row[column]}"),
            $"const int n = {photoCount}, u = {unlabelledCount};");

    /// <summary>An instance with the properties as the page writes them. A row twice is one assignment.</summary>
    private static object Make(string type, IEnumerable<string> assignments, string before = "")
    {
        var text = $$"""
            {{CompiledText.Usings}}
            public static class Table
            {
                public static object Make()
                {
                    {{before}}
                    return new {{type}}
                    {
                        {{string.Join(",\n", assignments.DistinctBy(assignment => assignment.Split(' ')[0]))}}
                    };
                }
            }
            """;
        return CompiledText.Compile([("options.md", text)]).GetType("Table")!.GetMethod("Make")!.Invoke(null, null)!;
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is { IsPublic: true });

    private static bool AreEqual(object? left, object? right) =>
        Equals(left, right)
        || (left is not null && right is not null && CanonicalText.Of(("value", left)) == CanonicalText.Of(("value", right)));

    private static string TypeText(PropertyInfo property)
    {
        var isNullable = new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable;
        return Name(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) + (isNullable ? "?" : "");

        static string Name(Type type) => type switch
        {
            _ when type == typeof(string) => "string",
            _ when type == typeof(bool) => "bool",
            _ when type == typeof(int) => "int",
            _ when type == typeof(long) => "long",
            _ when type == typeof(float) => "float",
            _ when type == typeof(double) => "double",
            _ when type == typeof(TorchSharp.torch.Device) => "torch.Device",
            { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
            _ => type.Name,
        };
    }

    private static string Part(string page, string heading)
    {
        var parts = page.Split($"\n## {heading}\n");
        Assert.Equal(2, parts.Length);
        return parts[1].Split("\n## ")[0];
    }

    /// <summary>The cells of the rows that begin with code, without their backticks.</summary>
    private static List<IReadOnlyList<string>> Rows(string part) =>
        [.. Row().Matches(part).Select(row => (IReadOnlyList<string>)[.. row.Groups[1].Value.Split(" | ").Select(cell => cell.Trim(' ', '`'))])];

    [GeneratedRegex(@"^\| (`\w+` \|.*) ?\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
