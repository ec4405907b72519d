using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TfKd.Tests;

/// <summary>The texts in the sources that may become a message, with … for what is known only then.</summary>
internal static class SourceMessages
{
    private const char Unknown = '…';
    private const int FewestSpaces = 3;

    /// <summary>Exceptions whose message is an option, its range and its value.</summary>
    private static readonly string[] _ofRanges = ["ArgumentOutOfRangeException", "ArgumentNullException", "ObjectDisposedException"];

    /// <summary>All texts of some words.</summary>
    public static IEnumerable<string> AllOf(SyntaxNode root) => root.DescendantNodes().OfType<ExpressionSyntax>()
        .Where(node => node is InterpolatedStringExpressionSyntax or LiteralExpressionSyntax or BinaryExpressionSyntax)
        .SelectMany(Texts)
        .Where(IsMessage);

    /// <summary>What exceptions say that are no refusals of a range.</summary>
    public static IEnumerable<string> OfExceptions(SyntaxNode root) => root.DescendantNodes().OfType<BaseObjectCreationExpressionSyntax>()
        .Where(node => TypeOf(node) is var type && type.EndsWith("Exception", StringComparison.Ordinal) && !_ofRanges.Contains(type))
        .SelectMany(node => node.ArgumentList?.Arguments.Select(argument => argument.Expression) ?? [])
        .SelectMany(Texts)
        .Where(IsMessage);

    public static SyntaxNode Parse(string source) =>
        CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot();

    private static bool IsMessage(string text) => text.Count(character => character == ' ') >= FewestSpaces;

    private static string TypeOf(BaseObjectCreationExpressionSyntax node) => node is ObjectCreationExpressionSyntax named
        ? named.Type.ToString()
        : node.Ancestors().OfType<MethodDeclarationSyntax>().FirstOrDefault()?.ReturnType.ToString() ?? "";

    /// <summary>What an expression may say: each side of a choice.</summary>
    private static IEnumerable<string> Texts(ExpressionSyntax expression) => expression switch
    {
        ParenthesizedExpressionSyntax inner => Texts(inner.Expression),
        ConditionalExpressionSyntax choice => Texts(choice.WhenTrue).Concat(Texts(choice.WhenFalse)),
        SwitchExpressionSyntax choice => choice.Arms.SelectMany(arm => Texts(arm.Expression)),
        _ => [Text(expression).Trim()],
    };

    private static string Text(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression } literal => literal.Token.ValueText,
        InterpolatedStringExpressionSyntax { Contents: var contents } => string.Concat(contents.Select(content => content switch
        {
            InterpolatedStringTextSyntax text => text.TextToken.ValueText.Replace("{{", "{").Replace("}}", "}"),
            InterpolationSyntax value => Text(value.Expression) is { Length: > 0 } text && IsName(value.Expression) ? text : $"{Unknown}",
            _ => $"{Unknown}",
        })),
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum => Text(sum.Left) + Text(sum.Right),
        ParenthesizedExpressionSyntax { Expression: not ConditionalExpressionSyntax } inner => Text(inner.Expression),
        InvocationExpressionSyntax { ArgumentList.Arguments: [var name] } when IsName(expression) => name.Expression.ToString().Split('.')[^1],
        InvocationExpressionSyntax { ArgumentList.Arguments: [var text] } call when call.Expression.ToString() == "FormattableString.Invariant"
            => Text(text.Expression),
        _ => $"{Unknown}",
    };

    private static bool IsName(ExpressionSyntax expression) =>
        expression is InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.Text: "nameof" } };
}
