using System.CommandLine;

namespace TfKd.Tool;

/// <summary>The options that all commands have.</summary>
internal sealed class CommonOptions
{
    private static readonly Dictionary<string, Verbosity> _levels = new()
    {
        ["q"] = Tool.Verbosity.Quiet,
        ["quiet"] = Tool.Verbosity.Quiet,
        ["m"] = Tool.Verbosity.Minimal,
        ["minimal"] = Tool.Verbosity.Minimal,
        ["diag"] = Tool.Verbosity.Diagnostic,
        ["diagnostic"] = Tool.Verbosity.Diagnostic,
    };

    public CommonOptions()
    {
        Verbosity = OptionBuilder.Choice(
            "--verbosity", [.. _levels.Keys], "m",
            "How much is written beside results: q warnings and errors, m what is being done, diag all that is logged, and stacks of "
            + "errors.");
        Verbosity.HelpName = "q|m|diag";
        Verbosity.Aliases.Add("-v");
        foreach (var option in All)
            option.Recursive = true;
    }

    /// <summary>How much is written.</summary>
    public Option<string> Verbosity { get; }

    /// <summary>Whether results are JSON.</summary>
    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Results as JSON on the standard output; all else is on the error output, as always.",
    };

    /// <summary>The file that all lines go to.</summary>
    public Option<string> LogFile { get; } = OptionBuilder.Path(
        "--log-file-path", "FILE", "Also appends all that is written, and logged, to a file.");

    /// <summary>The file of settings.</summary>
    public Option<string> Settings { get; } = OptionBuilder.Path(
        "--settings", "FILE", "Options from a JSON file, { \"epochs\": 5, \"force\": true }; those of the command line win.");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [Verbosity, Json, LogFile, Settings];

    /// <summary>What they say.</summary>
    public OutputSettings Read(ParseResult parsed) =>
        new(_levels[parsed.GetRequiredValue(Verbosity)], parsed.GetValue(Json), parsed.GetValue(LogFile));
}
