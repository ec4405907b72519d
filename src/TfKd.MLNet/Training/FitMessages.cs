using System.Diagnostics;
using Microsoft.ML.Runtime;

namespace TfKd.MLNet;

/// <summary>
/// What a Fit says in words, to ML.NET's log and to the user's callback: where the time goes before its first epoch, above all.
/// </summary>
/// <param name="channel">ML.NET's log.</param>
/// <param name="callback">The user's; null: none.</param>
internal sealed class FitMessages(IChannel channel, Action<string>? callback)
{
    /// <summary>What a warning begins with where the callback is told of it.</summary>
    public const string WarningMark = "Warning: ";

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _begun;
    private TimeSpan _decoded;

    public void Say(string message)
    {
        channel.Info(MessageSensitivity.None, "{0}", message);
        callback?.Invoke(message);
    }

    public void Warn(string message)
    {
        channel.Warning(MessageSensitivity.None, "{0}", message);
        callback?.Invoke(WarningMark + message);
    }

    /// <summary>Before the rows are read.</summary>
    public void BeginDecoding(string column, ImageShape shape)
    {
        _begun = _clock.Elapsed;
        Say($"Reading the images of column '{column}' and decoding them to {shape}.");
    }

    /// <summary>After that, before the run is prepared.</summary>
    public void BeginPreparing(int count, bool hasTeacher)
    {
        _decoded = _clock.Elapsed - _begun;
        Say(FormattableString.Invariant($"Read and decoded {count} images in {_decoded.TotalSeconds:F1} s. Checking the network's kernels ")
            + (hasTeacher ? "on this processor, and preparing the teacher." : "on this processor."));
    }

    /// <summary>Before the first step.</summary>
    public void BeginEpochs() => Say(FormattableString.Invariant(
        $"The first epoch begins after {_clock.Elapsed.TotalSeconds:F1} s: {_decoded.TotalSeconds:F1} of them to read and decode, ")
        + FormattableString.Invariant($"{(_clock.Elapsed - _decoded).TotalSeconds:F1} to prepare."));
}
