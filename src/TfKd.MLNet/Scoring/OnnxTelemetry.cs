namespace TfKd.MLNet;

/// <summary>
/// ONNX Runtime's telemetry, which is on by default: from the first session on, it writes an identifier and a database of events below the
/// user's home, and looks up the host that takes them. Here it is off unless the user has set its variable.
/// </summary>
internal static class OnnxTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    private static readonly Lazy<string> _value = new(() =>
    {
        var value = Environment.GetEnvironmentVariable(Variable) ?? "1";
        LibC.AddEnvironmentVariable(Variable, value);
        return value;
    });

    /// <summary>
    /// Must come before ONNX Runtime is first used, which reads the variable once. A program that has opened a session of its own before
    /// has decided for the process.
    /// </summary>
    public static void TurnOffUnlessSet() => _ = _value.Value;
}
