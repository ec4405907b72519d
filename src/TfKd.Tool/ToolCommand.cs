using System.CommandLine;

namespace TfKd.Tool;

/// <summary>The command line as a whole.</summary>
internal static class ToolCommand
{
    private const string Description =
        "Trains, evaluates and uses small classifiers of photos. Exit codes: 0 all went well, 1 it could not be done, 2 the command line "
        + "is wrong, 130 stopped by Ctrl+C.";

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">What stands after the name of the program.</param>
    /// <param name="streams">Where it writes.</param>
    /// <param name="token">Stops it.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, ToolStreams streams, CancellationToken token)
    {
        var common = new CommonOptions();
        var root = Create(streams, common);
        if (arguments.Length == 0)
        {
            await Parse(root, ["--help"]).InvokeAsync(new InvocationConfiguration { Output = streams.Error }, token);
            return ExitCode.Usage;
        }

        var parsed = Parse(root, arguments);
        if (parsed.GetResult(common.Settings) is { Implicit: false } && parsed.GetValue(common.Settings) is { Length: > 0 } file)
        {
            try
            {
                // What stands behind -- are photos.
                var options = arguments.TakeWhile(argument => argument != "--").ToArray();
                var settings = SettingsFile.ToArguments(parsed, common.Settings, file);
                parsed = Parse(root, [.. options, .. settings, .. arguments.Skip(options.Length)]);
            }
            catch (UsageException error)
            {
                streams.Error.WriteLine(error.Message);
                return ExitCode.Usage;
            }
        }

        if (parsed.Errors.Count > 0)
            return Refuse(parsed, streams.Error);
        var invocation = new InvocationConfiguration
        {
            Output = streams.Output,
            Error = streams.Error,
            EnableDefaultExceptionHandler = false,
            // Who calls decides when to stop: a batch may take longer than the library would wait.
            ProcessTerminationTimeout = null,
        };
        return await parsed.InvokeAsync(invocation, token);
    }

    /// <summary>All commands.</summary>
    /// <param name="streams">Where they write.</param>
    /// <param name="common">The options that all of them have.</param>
    public static RootCommand Create(ToolStreams streams, CommonOptions common)
    {
        var action = new ToolAction(streams, common);
        var root = new RootCommand(Description)
        {
            TrainCommand.Create(action), DistillCommand.Create(action), EvaluateCommand.Create(action),
            PredictCommand.Create(action, common), ExportCommand.Create(action), ReportCommand.Create(action),
        };
        foreach (var option in common.All)
            root.Add(option);
        return root;
    }

    // A photo may be called @1.jpg, which is no file of arguments here: --settings is.
    private static ParseResult Parse(RootCommand root, string[] arguments) =>
        root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });

    private static int Refuse(ParseResult parsed, TextWriter error)
    {
        foreach (var message in parsed.Errors.Select(found => found.Message).Distinct())
            error.WriteLine(message);
        var command = parsed.CommandResult.Command;
        error.WriteLine($"'tfkd {(command is RootCommand ? "" : $"{command.Name} ")}--help' says what there is.");
        return ExitCode.Usage;
    }
}
