using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace TfKd.Tool;

/// <summary>
/// All that a command writes: results to one stream, as text or as JSON, everything else to the other one, and both to the log file.
/// </summary>
internal sealed class ToolOutput : IDisposable
{
    private static readonly JsonSerializerOptions _json = new()
    {
        TypeInfoResolver = ReflectionJson.Resolver,
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        // Names of classes and files as they are; nothing of it goes into a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ToolStreams _streams;
    private readonly OutputSettings _settings;
    private TextWriter? _log;
    private readonly ProgressLine _progress;
    private readonly Lock _gate = new();

    /// <exception cref="IOException">The log file cannot be written.</exception>
    public ToolOutput(ToolStreams streams, OutputSettings settings)
    {
        (_streams, _settings) = (streams, settings);
        _progress = new ProgressLine(streams, Columns);
        if (settings.LogFile is { } file)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            _log = new StreamWriter(file, append: true) { AutoFlush = true };
        }
    }

    /// <summary>Whether results are JSON.</summary>
    public bool IsJson => _settings.IsJson;

    /// <summary>A context whose log comes here.</summary>
    /// <param name="seed">The seed of all that is random.</param>
    public MLContext CreateContext(int seed = 1)
    {
        var ml = new MLContext(seed);
        ml.Log += (_, message) =>
        {
            if (message.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Error)
                Warn(message.RawMessage);
            else
                Detail(message.Message);
        };
        return ml;
    }

    /// <summary>Writes a result: the text, or the JSON of the value.</summary>
    /// <param name="text">Lines for people.</param>
    /// <param name="value">The same for machines.</param>
    public void Result(Func<string> text, Func<object> value)
    {
        var result = IsJson ? JsonSerializer.Serialize(value(), _json) : text();
        Write(_streams.Output, result.TrimEnd());
    }

    /// <summary>Writes a line of a result that comes in lines.</summary>
    public void Line(string text) => Write(_streams.Output, text);

    /// <summary>What is being done.</summary>
    public void Say(string message) => Write(_settings.Verbosity >= Verbosity.Minimal ? _streams.Error : null, message);

    /// <summary>What only matters where something went wrong.</summary>
    public void Detail(string message) => Write(_settings.Verbosity >= Verbosity.Diagnostic ? _streams.Error : null, message);

    /// <summary>What the user should know, whatever happens.</summary>
    public void Warn(string message) => Write(_streams.Error, $"Warning: {message}");

    /// <summary>That the command ends because it was asked to.</summary>
    public void Stopped() => Write(_streams.Error, "Stopped; files that were written are whole.");

    /// <summary>Why the command ends without what was asked for.</summary>
    public void Fail(Exception error)
    {
        Write(_streams.Error, Failures.MessageOf(error));
        Detail(error.ToString());
    }

    /// <inheritdoc cref="ProgressLine.Show"/>
    public void Progress(string title, double done, TimeSpan? left, bool matters = false)
    {
        lock (_gate)
        {
            if (_settings.Verbosity >= Verbosity.Minimal)
                _progress.Show(title, done, left, matters);
        }
    }

    /// <summary>Takes the line of progress away.</summary>
    public void EndProgress() => _progress.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress.Clear();
        lock (_gate)
            Log(log => log.Dispose());
    }

    // A terminal may not say how wide it is.
    private static int Columns() => Console.IsErrorRedirected || Console.WindowWidth < 1 ? int.MaxValue : Console.WindowWidth;

    private void Write(TextWriter? stream, string text)
    {
        lock (_gate)
        {
            var time = TimeProvider.System.GetUtcNow().ToString("u", CultureInfo.InvariantCulture);
            Log(log => log.WriteLine($"{time} {text}"));
            if (stream is null)
                return;
            _progress.Clear();
            stream.WriteLine(text);
        }
    }

    // A full disk ends the log, and not the work.
    private void Log(Action<TextWriter> write)
    {
        if (_log is not { } log)
            return;
        try
        {
            write(log);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _log = null;
            _progress.Clear();
            _streams.Error.WriteLine($"Warning: the log file '{_settings.LogFile}' ends here, it cannot be written: {error.Message}");
        }
    }
}
