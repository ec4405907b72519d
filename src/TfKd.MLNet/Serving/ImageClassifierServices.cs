using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TfKd;
using TfKd.MLNet;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Image classifiers as services of an application.</summary>
public static partial class ImageClassifierServices
{
    /// <summary>
    /// Adds an <see cref="ImageClassifier"/> as a singleton, which is loaded when it is first asked for, and disposed with the application.
    /// Unless the options have callbacks, what happens to its file is written to the application's log.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="path">The file, as <c>mlContext.Model.Save</c> writes it.</param>
    /// <param name="options">How the file is looked after. Default null: it is loaded again when it is replaced.</param>
    public static IServiceCollection AddImageClassifier(
        this IServiceCollection services, string path, ImageClassifierOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        Require.Name(path);
        return services.AddSingleton(provider => Open(provider, path, options));
    }

    /// <summary>Adds one of several classifiers, which is asked for by its key.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key, as in <c>[FromKeyedServices("flowers")]</c>.</param>
    /// <param name="path">The file, as <c>mlContext.Model.Save</c> writes it.</param>
    /// <param name="options">How the file is looked after. Default null: it is loaded again when it is replaced.</param>
    public static IServiceCollection AddKeyedImageClassifier(
        this IServiceCollection services, object key, string path, ImageClassifierOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(key);
        Require.Name(path);
        return services.AddKeyedSingleton(key, (provider, _) => Open(provider, path, options));
    }

    private static ImageClassifier Open(IServiceProvider provider, string path, ImageClassifierOptions? options)
    {
        var logger = provider.GetService<ILoggerFactory>()?.CreateLogger<ImageClassifier>() ?? NullLogger<ImageClassifier>.Instance;
        options ??= new ImageClassifierOptions { ReloadOnChange = true };
        return new ImageClassifier(path, options with
        {
            MessageCallback = options.MessageCallback ?? (message => LogReplaced(logger, message)),
            WarningCallback = options.WarningCallback ?? (message => LogNotReplaced(logger, message)),
        });
    }

    [LoggerMessage(1, LogLevel.Information, "{Message}")]
    private static partial void LogReplaced(ILogger logger, string message);

    [LoggerMessage(2, LogLevel.Warning, "{Message}")]
    private static partial void LogNotReplaced(ILogger logger, string message);
}
