using Microsoft.Extensions.Logging;

namespace TfKd.MLNet.Tests;

/// <summary>An application's log that keeps its lines.</summary>
internal sealed class ListedLog : ILoggerProvider, ILogger
{
    public HashSet<string> Categories { get; } = [];

    public List<(LogLevel Level, string Text)> Lines { get; } = [];

    /// <summary>The lowest level that it takes.</summary>
    public LogLevel Lowest { get; init; } = LogLevel.Trace;

    public ILogger CreateLogger(string categoryName)
    {
        Categories.Add(categoryName);
        return this;
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= Lowest;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
