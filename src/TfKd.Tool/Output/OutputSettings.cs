namespace TfKd.Tool;

/// <summary>What is written, by the options that all commands have.</summary>
/// <param name="Verbosity">How much beside the results.</param>
/// <param name="IsJson">Whether results are JSON.</param>
/// <param name="LogFile">A file that all lines go to; null: none.</param>
internal sealed record OutputSettings(Verbosity Verbosity, bool IsJson, string? LogFile);
