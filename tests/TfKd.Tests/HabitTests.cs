using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TfKd.Tests;

/// <summary>What keeps the sources readable: lines of 140 columns, methods of 40 lines, signatures of six parameters.</summary>
public sealed class HabitTests
{
    private const int MostColumns = 140;
    private const int MostLines = 40;
    private const int MostParameters = 6;

    /// <summary>Longer methods, each with its reason.</summary>
    private static readonly Dictionary<string, string> _longMethods = new()
    {
        ["TfKd/Networks/WeightFiles/PickleReader.cs: PickleReader.Execute"] = "a table: one line an opcode",
    };

    /// <summary>Longer signatures, each with its reason.</summary>
    private static readonly Dictionary<string, string> _longSignatures = new()
    {
        ["TfKd.MLNet/TorchImageClassificationCatalog.cs: TorchImageClassificationCatalog.TorchImageClassification"] =
            "column names in ML.NET's own order, all optional, beside the overload with options",
    };

    private static readonly SourceText[] _sources = [.. Sources()];

    [Fact]
    public void No_line_is_wider_than_140_columns() => Assert.Empty(_sources.SelectMany(WideLines));

    [Fact]
    public void No_method_is_longer_than_40_lines() =>
        Assert.Equal(_longMethods.Keys.Order(), _sources.SelectMany(LongMethods).Order());

    [Fact]
    public void No_signature_has_more_than_six_parameters() =>
        Assert.Equal(_longSignatures.Keys.Order(), _sources.SelectMany(LongSignatures).Order());

    [Fact]
    public void The_habits_can_be_broken()
    {
        var body = string.Concat(Enumerable.Repeat("        x++;\n", MostLines));
        SourceText source = new("Broken.cs", $$"""
            internal sealed record Seven(int A, int B, int C, int D, int E, int F, int G);

            internal sealed class Broken
            {
                public int Length { get { var x = 0;
            {{body}}        return x; } }

                public void Many(int a, int b, int c, int d, int e, int f, int g) => Local(a, b, c, d, e, f, g);

                [DllImport("c")]
                private static extern void Native(int a, int b, int c, int d, int e, int f, int g);
            }
            """ + "\n// " + new string('-', MostColumns) + "\n");

        Assert.Equal([$"Broken.cs:{source.Text.Split('\n').Length - 1}: 143 columns"], WideLines(source));
        Assert.Equal(["Broken.cs: Broken.Length"], LongMethods(source));
        Assert.Equal(["Broken.cs: Broken.Many"], LongSignatures(source));
    }

    private static IEnumerable<string> WideLines(SourceText source) => source.Text.Split('\n')
        .Select((line, index) => (Width: line.TrimEnd('\r').Length, Number: index + 1))
        .Where(line => line.Width > MostColumns)
        .Select(line => $"{source.Path}:{line.Number}: {line.Width} columns");

    /// <summary>
    /// A method is as long as its text from the first token to the last one; its comment is none of it, its local functions are.
    /// </summary>
    private static IEnumerable<string> LongMethods(SourceText source) => source.Root.DescendantNodes()
        .Where(node =>
            node is BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax { AccessorList: not null } && LinesOf(node) > MostLines)
        .Select(node => $"{source.Path}: {NameOf(node)}");

    /// <summary>The parameters of a record are its properties, and those of a native function are not ours.</summary>
    private static IEnumerable<string> LongSignatures(SourceText source) => source.Root.DescendantNodes().OfType<ParameterListSyntax>()
        .Where(list =>
            list.Parameters.Count > MostParameters && list.Parent is { } owner && owner is not RecordDeclarationSyntax && !IsNative(owner))
        .Select(list => $"{source.Path}: {NameOf(list.Parent!)}");

    private static bool IsNative(SyntaxNode owner) => owner is MethodDeclarationSyntax method
        && method.AttributeLists
            .SelectMany(list => list.Attributes)
            .Any(attribute => attribute.Name.ToString() is "DllImport" or "LibraryImport");

    private static int LinesOf(SyntaxNode node)
    {
        var span = node.SyntaxTree.GetLineSpan(node.Span);
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static string NameOf(SyntaxNode node)
    {
        var type = node.Ancestors().OfType<TypeDeclarationSyntax>().FirstOrDefault()?.Identifier.Text;
        return node switch
        {
            MethodDeclarationSyntax method => $"{type}.{method.Identifier}",
            ConstructorDeclarationSyntax => $"{type}.ctor",
            PropertyDeclarationSyntax property => $"{type}.{property.Identifier}",
            TypeDeclarationSyntax itself => $"{itself.Identifier}.ctor",
            DelegateDeclarationSyntax itself => $"{itself.Identifier}",
            LocalFunctionStatementSyntax local => $"{type}.{local.Identifier}",
            _ => $"{type}, a {node.Kind()}",
        };
    }

    private static IEnumerable<SourceText> Sources() => Repository.SourceFiles("src").Select(path =>
        new SourceText(Repository.NameInSource(path), File.ReadAllText(path)));

    private sealed record SourceText(string Path, string Text)
    {
        private SyntaxNode? _root;

        public SyntaxNode Root => _root ??= CSharpSyntaxTree.ParseText(Text, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot();
    }
}
