using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TfKd.MLNet.Tests;

/// <summary>The examples in the doc comments, as they come in the packages: they compile, they use what they are of, they are short.</summary>
public sealed partial class ExampleTests
{
    private const int FewestMembers = 60;
    private const int MostLines = 12;

    /// <summary>What an example may take for granted. A name that it declares itself is its own.</summary>
    private static readonly Dictionary<string, string> _context = new()
    {
        ["ml"] = "MLContext",
        ["photos"] = "IDataView",
        ["rows"] = "IDataView",
        ["model"] = "ITransformer",
        ["trainer"] = "TorchImageClassificationTrainer",
        ["transformer"] = "TorchImageClassificationTransformer",
        ["network"] = "ImageNetwork",
        ["training"] = "IImageSource",
        ["validation"] = "IImageSource",
        ["plan"] = "TrainingPlan",
        ["result"] = "TrainingResult",
        ["logits"] = "torch.Tensor",
        ["teacherLogits"] = "torch.Tensor",
        ["labels"] = "torch.Tensor",
    };

    private static readonly IReadOnlyList<Example> _examples = [.. ((Assembly[])[typeof(Trainer).Assembly, typeof(PhotoRecipe).Assembly])
        .SelectMany(Read)];

    [Fact]
    public void There_are_examples_of_sixty_public_members_at_least()
    {
        Assert.True(_examples.Count >= FewestMembers, $"There are {_examples.Count} examples.");
        Assert.Equal(_examples.Select(example => example.Member).Distinct(), _examples.Select(example => example.Member));
        Assert.Empty(_examples.Where(example => !example.Owner.IsVisible).Select(example => example.Member));
    }

    [Fact]
    public void Examples_are_short() =>
        Assert.Empty(_examples.Where(example => example.Code.Split('\n').Length > MostLines).Select(example => example.Member));

    [Fact]
    public void An_example_uses_what_it_is_of() => Assert.Empty(_examples
        .Where(example => !Regex.IsMatch(example.Code, $@"\b{example.Name}\b"))
        .Select(example => $"{example.Member} does not name {example.Name}"));

    [Fact]
    public void Examples_compile_and_those_that_only_make_values_run()
    {
        var assembly = CompiledText.Compile(_examples.Select((example, index) => (example.Member, Source(example, index))));
        var run = 0;
        foreach (var (example, index) in _examples.Select((example, index) => (example, index)))
        {
            var method = assembly.GetType($"Example{index}")!.GetMethod("Run")!;
            if (method.GetParameters().Length > 0 || !OnlyMakesValues(example.Code))
                continue;
            var exception = Record.Exception(() => method.Invoke(null, null));
            Assert.True(exception is null, $"{example.Member}: {exception?.GetBaseException().Message}");
            run++;
        }

        Assert.True(run > FewestMembers, $"{run} examples ran.");
    }

    [Fact]
    public void An_example_that_does_not_compile_is_found()
    {
        var (_, errors) = CompiledText.TryCompile([("P:Of", Source(new("P:Of", "Of", typeof(object), "var x = new NoSuchObjective();"), 0))]);
        Assert.Contains("P:Of", Assert.Single(errors));
    }

    private static string Source(Example example, int index)
    {
        var tokens = CSharpSyntaxTree.ParseText(example.Code, new CSharpParseOptions(kind: Microsoft.CodeAnalysis.SourceCodeKind.Script))
            .GetRoot()
            .DescendantNodes()
            .ToList();
        var declared = tokens.OfType<VariableDeclaratorSyntax>().Select(variable => variable.Identifier.Text)
            .Concat(tokens.OfType<SingleVariableDesignationSyntax>().Select(variable => variable.Identifier.Text))
            .Concat(tokens.OfType<ForEachStatementSyntax>().Select(loop => loop.Identifier.Text));
        var used = tokens.OfType<IdentifierNameSyntax>().Select(name => name.Identifier.Text).ToHashSet();
        var parameters = _context.Where(name => used.Contains(name.Key)).ExceptBy(declared, name => name.Key);
        return $$"""
            {{CompiledText.Usings}}
            public static class Example{{index}}
            {
                public static void Run({{string.Join(", ", parameters.Select(name => $"{name.Value} {name.Key}"))}})
                {
                    {{example.Code}}
                }
            }
            """;
    }

    /// <summary>Declarations alone: nothing is written, and no setting of the process is changed.</summary>
    private static bool OnlyMakesValues(string code) => CSharpSyntaxTree.ParseText($"void M() {{ {code} }}")
        .GetRoot()
        .DescendantNodes()
        .OfType<LocalFunctionStatementSyntax>()
        .Single()
        .Body!
        .Statements
        .All(statement => statement is LocalDeclarationStatementSyntax { UsingKeyword.RawKind: 0 });

    private static IEnumerable<Example> Read(Assembly assembly)
    {
        var documentation = XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml"));
        foreach (var member in documentation.Descendants("member").Where(member => member.Element("example") is not null))
        {
            var id = member.Attribute("name")!.Value;
            // The compiler gives a primary constructor the comment of its type, too.
            if (id.Contains(".#ctor", StringComparison.Ordinal))
                continue;
            var path = Parameters().Replace(id[2..], "");
            var owner = id[0] == 'T' ? path : path[..path.LastIndexOf('.')];
            var type = TypeOf(assembly, owner);
            var lines = member.Element("example")!.Value.ReplaceLineEndings("\n").Trim('\n').Split('\n');
            var indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
            var code = string.Join('\n', lines.Select(line => line.Length > indent ? line[indent..] : "")).Trim();
            yield return new(id, path[(path.LastIndexOf('.') + 1)..].Split('`')[0], type, code);
        }
    }

    /// <summary>Documentation has a dot before a nested type, where reflection has a plus.</summary>
    private static Type TypeOf(Assembly assembly, string path)
    {
        for (var name = path; ; name = $"{name[..name.LastIndexOf('.')]}+{name[(name.LastIndexOf('.') + 1)..]}")
        {
            if (assembly.GetType(name) is { } type)
                return type;
        }
    }

    [GeneratedRegex(@"\(.*")]
    private static partial Regex Parameters();

    private sealed record Example(string Member, string Name, Type Owner, string Code);
}
