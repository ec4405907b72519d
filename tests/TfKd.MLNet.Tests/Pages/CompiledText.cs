using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TfKd.MLNet.Tests;

/// <summary>C# that stands in pages and comments, compiled against the libraries of the test's own process.</summary>
internal static class CompiledText
{
    /// <summary>What a project with this library has at hand, ImplicitUsings included.</summary>
    public const string Usings = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using System.Threading;
        using Microsoft.ML;
        using Microsoft.ML.Data;
        using TfKd;
        using TfKd.MLNet;
        using TorchSharp;
        using AdamW = TfKd.AdamW;
        using Add = TfKd.Add;

        """;

    private static readonly MetadataReference[] _references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) != "TfKd.MLNet.Tests.dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>The assembly; a text that does not compile fails the test with what the compiler says and the text's name.</summary>
    public static Assembly Compile(IEnumerable<(string Name, string Text)> sources)
    {
        var (assembly, errors) = TryCompile(sources);
        Assert.Empty(errors);
        return assembly!;
    }

    public static (Assembly? Assembly, IReadOnlyList<string> Errors) TryCompile(IEnumerable<(string Name, string Text)> sources)
    {
        var trees = sources.Select(source =>
            CSharpSyntaxTree.ParseText(source.Text, new CSharpParseOptions(LanguageVersion.CSharp14), path: source.Name));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create($"Text{Guid.NewGuid():N}", trees, _references, options);
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        return result.Success
            ? (Assembly.Load(image.ToArray()), [])
            : (null, [.. result.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error).Select(found => found.ToString())]);
    }
}
