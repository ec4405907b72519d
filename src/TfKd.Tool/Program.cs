using System.Runtime.InteropServices;
using System.Text;

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
        var streams = new ToolStreams(Results(), Console.Error, !Console.IsErrorRedirected);
        return ToolCommand.RunAsync(arguments, streams, stop.Token).GetAwaiter().GetResult();

        // What goes into a file or to another program is UTF-8, as the lists of photos that this one reads; the terminal has its own code.
        static TextWriter Results() => Console.IsOutputRedirected
            ? new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true }
            : Console.Out;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }
}
