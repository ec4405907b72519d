using System.Runtime.InteropServices;

namespace OnnxServing;

/// <summary>
/// ONNX Runtime's telemetry is on by default: it writes below the user's home and looks up a host. It is off here unless the user has set
/// ORT_DISABLE_TELEMETRY.
/// </summary>
internal static class Telemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Must come before ONNX Runtime is first used, which reads the variable once.</summary>
    public static void TurnOffUnlessSet()
    {
        var value = Environment.GetEnvironmentVariable(Variable) ?? "1";
        // Native code on Linux and macOS does not see what .NET's own method sets.
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(Variable, value);
        else
            _ = setenv(Variable, value, overwrite: 0);
    }

    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false)]
    private static extern int setenv(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name, [MarshalAs(UnmanagedType.LPUTF8Str)] string value, int overwrite);
}
