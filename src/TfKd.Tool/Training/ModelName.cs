using System.Globalization;
using System.Text.RegularExpressions;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>Names of models: of a folder, and of a class in C#.</summary>
internal static partial class ModelName
{
    // Of types only, and younger than the list of keywords that comes with .NET.
    private static readonly string[] _laterKeywords = ["extension", "file", "record", "required", "scoped"];

    /// <summary>The name that was given.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static string? Require(string? name) => name is null || Identifier().IsMatch(name)
        ? name
        : throw new UsageException($"--name must be letters, digits and _, the first no digit, but is '{name}'.");

    /// <summary>Refuses names that the class of <see cref="ModelBuilderCode"/> cannot have.</summary>
    /// <exception cref="UsageException">It is a word of C#, or of the code itself.</exception>
    public static void RequireForCode(string name)
    {
        using var language = new Microsoft.CSharp.CSharpCodeProvider();
        if (!language.IsValidIdentifier(name) || _laterKeywords.Contains(name) || ModelBuilderCode.Uses(name))
            throw new UsageException(
                $"--name is '{name}', which is a word of the C# that --code writes, so that no class there can be called so; expected "
                + "another name.");
    }

    /// <summary>A name for the model of a folder or a list: FlowersClassifier for flowers, and for flowers.csv.</summary>
    public static string Of(string dataset)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(dataset));
        var words = Letters().Matches(PhotoList.IsNamedSo(path) ? Path.GetFileNameWithoutExtension(path) : Path.GetFileName(path));
        var name = string.Concat(words.Select(word => char.ToUpper(word.Value[0], CultureInfo.InvariantCulture) + word.Value[1..]));
        return $"{(name.Length == 0 || char.IsDigit(name[0]) ? "Photo" : "")}{name}Classifier";
    }

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{Nd}_]*$")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"[\p{L}\p{Nd}]+")]
    private static partial Regex Letters();
}
