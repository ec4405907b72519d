namespace TfKd.MLNet.Tests;

/// <summary>Does something when a line is written, once: what a user does who sees it.</summary>
internal sealed class SignalWriter(string text, Action signal) : StringWriter
{
    private bool _isDone;

    public override void WriteLine(string? value)
    {
        base.WriteLine(value);
        if (_isDone || value?.Contains(text, StringComparison.Ordinal) != true)
            return;
        _isDone = true;
        signal();
    }
}
