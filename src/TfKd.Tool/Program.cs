using System.Runtime.InteropServices;

namespace TfKd.Tool;

/// <summary>The process.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        using var stop = new CancellationTokenSource();
        // The first asks the work to stop; at the second, or at a request to end that follows, the system ends the process.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var streams = new ToolStreams(Console.Out, Console.Error, !Console.IsErrorRedirected);
        return ToolCommand.RunAsync(arguments, streams, stop.Token).GetAwaiter().GetResult();

        void Stop(PosixSignalContext context)
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }
}
