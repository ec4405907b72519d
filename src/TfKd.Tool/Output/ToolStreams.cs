namespace TfKd.Tool;

/// <summary>Where a command writes.</summary>
/// <param name="Output">The results, and nothing else.</param>
/// <param name="Error">Progress, messages, warnings, errors.</param>
/// <param name="ErrorIsTerminal">Whether somebody looks at it, so that a line may be written over.</param>
internal sealed record ToolStreams(TextWriter Output, TextWriter Error, bool ErrorIsTerminal);
