using Microsoft.Extensions.Logging;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>ML.NET's log as an application's log.</summary>
public static class MLContextLogging
{
    /// <summary>
    /// Writes what the context logs to an application's log: this library's messages and those of ML.NET itself. Its traces come as
    /// <see cref="LogLevel.Debug"/>; information, warnings and errors come as what they are. The source, the component that speaks, is the
    /// property <c>Source</c> of each entry.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <param name="logger">The log; what it does not take is not made into text.</param>
    /// <returns>Ends it when it is disposed; the context itself keeps it for as long as it lives.</returns>
    public static IDisposable LogTo(this MLContext context, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(logger);
        return new Subscription(context, logger);
    }

    private static LogLevel LevelOf(ChannelMessageKind kind) => kind switch
    {
        ChannelMessageKind.Error => LogLevel.Error,
        ChannelMessageKind.Warning => LogLevel.Warning,
        ChannelMessageKind.Info => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    private sealed class Subscription : IDisposable
    {
        private readonly MLContext _context;
        private readonly ILogger _logger;

        public Subscription(MLContext context, ILogger logger)
        {
            (_context, _logger) = (context, logger);
            context.Log += Write;
        }

        public void Dispose() => _context.Log -= Write;

        private void Write(object? sender, LoggingEventArgs entry)
        {
            var level = LevelOf(entry.Kind);
            if (_logger.IsEnabled(level))
                _logger.Log(level, "{Source}: {Message}", entry.Source, entry.RawMessage);
        }
    }
}
