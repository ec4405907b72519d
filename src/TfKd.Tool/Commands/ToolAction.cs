using System.CommandLine;

namespace TfKd.Tool;

/// <summary>Runs what a command does: with its output, and with an exit code for whatever happens.</summary>
/// <param name="streams">Where it writes.</param>
/// <param name="common">The options that all commands have.</param>
internal sealed class ToolAction(ToolStreams streams, CommonOptions common)
{
    /// <summary>Gives a command its work, which returns the exit code.</summary>
    public void Set(Command command, Func<ParseResult, ToolOutput, CancellationToken, int> run) =>
        // On a thread of its own: work that does not wait would keep Ctrl+C from being seen.
        command.SetAction((parsed, token) => Task.Run(() => Run(parsed, run, token), CancellationToken.None));

    private int Run(ParseResult parsed, Func<ParseResult, ToolOutput, CancellationToken, int> run, CancellationToken token)
    {
        var settings = common.Read(parsed);
        ToolOutput output;
        try
        {
            output = new ToolOutput(streams, settings);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            streams.Error.WriteLine($"The log file cannot be written: {error.Message}");
            return ExitCode.Failure;
        }

        using (output)
        {
            try
            {
                return run(parsed, output, token);
            }
            catch (Exception error) when (Failures.IsCancellation(error))
            {
                output.Stopped();
                return ExitCode.Interrupted;
            }
            catch (UsageException error)
            {
                output.Fail(error);
                return ExitCode.Usage;
            }
#pragma warning disable CA1031 // Whatever it is, the user gets a line, and the caller an exit code.
            catch (Exception error)
#pragma warning restore CA1031
            {
                output.Fail(error);
                return ExitCode.Failure;
            }
        }
    }
}
