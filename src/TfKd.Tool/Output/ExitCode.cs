namespace TfKd.Tool;

/// <summary>What the process ends with.</summary>
internal static class ExitCode
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>What was asked for could not be done: bad data, a setting that does not fit, a file that is in the way.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the settings file is wrong; nothing was begun.</summary>
    public const int Usage = 2;

    /// <summary>Ctrl+C, or a request to end; as shells have it, 128 and the number of the signal.</summary>
    public const int Interrupted = 130;
}
