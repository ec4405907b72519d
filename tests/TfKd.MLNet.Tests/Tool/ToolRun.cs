using System.Text.Json;
using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>What a command line did, in this process.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    /// <summary>The result of a command that was asked for JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs a command line whose error output is no terminal.</summary>
    public static async Task<ToolRun> Of(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var streams = new ToolStreams(TextWriter.Synchronized(output), TextWriter.Synchronized(error), ErrorIsTerminal: false);
        return new(await ToolCommand.RunAsync(arguments, streams, CancellationToken.None), output.ToString(), error.ToString());
    }

    /// <summary>The result, of a run that must have gone well.</summary>
    public ToolRun MustSucceed()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Output}\n{Error}");
        return this;
    }

    /// <summary>What it says of a failure: one line.</summary>
    public string Failure(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}\n{Output}\n{Error}");
        return Error.Trim();
    }
}
