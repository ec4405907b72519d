using TfKd;

namespace QuickStart;

/// <summary>Ends a command: what the user can put right is told in one line, all else with its stack.</summary>
internal static class ExitCode
{
    private const int Success = 0, Failure = 1, Interrupted = 130;

    /// <summary>Runs a command that tells whether all went well.</summary>
    public static int Of(Func<bool> command)
    {
        try
        {
            return command() ? Success : Failure;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Stopped.");
            return Interrupted;
        }
        catch (Exception error) when (
            error is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or InvalidOperationException
                or NotSupportedException or ImageDecodingException or TrainingDivergedException)
        {
            Console.Error.WriteLine(error.Message);
            return Failure;
        }
    }
}
