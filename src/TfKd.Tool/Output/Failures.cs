using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>What to tell of an exception: what users can put right in a line, all else with its type.</summary>
internal static class Failures
{
    /// <summary>The message.</summary>
    public static string MessageOf(Exception error)
    {
        var cause = Unwrap(error);
        var message = cause switch
        {
            ImageDecodingException { OfFile: { } ofFile } => ofFile,
            ArgumentException { ParamName: { } name } => cause.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
            _ => cause.Message,
        };
        return IsExpected(cause)
            ? OneLine(message)
            : $"{cause.GetType().Name}: {OneLine(message)} This should not happen; --verbosity diag shows where it did.";
    }

    /// <summary>Whether the run was stopped from outside.</summary>
    public static bool IsCancellation(Exception error) => Unwrap(error) is OperationCanceledException;

    /// <summary>What is wrong with an image; null: it is something else.</summary>
    public static ImageDecodingException? DecodingErrorOf(Exception error) =>
        error as ImageDecodingException ?? (error.InnerException is { } inner ? DecodingErrorOf(inner) : null);

    /// <summary>A photo that cannot be used, with the option that leaves it out.</summary>
    /// <param name="error">What is wrong with it, and what ML.NET has put around that.</param>
    public static InvalidDataException Damaged(Exception error) =>
        new($"{MessageOf(DecodingErrorOf(error) ?? error)} --skip-damaged leaves such photos out.", error);

    private static bool IsExpected(Exception error) => error
        is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or InvalidOperationException
            or NotSupportedException or ImageDecodingException or TrainingDivergedException or DllNotFoundException
            or UsageException or QuantizationDropException;

    // ML.NET and tasks put what happened into exceptions of their own.
    private static Exception Unwrap(Exception error) => error switch
    {
        AggregateException { InnerExceptions: [var only] } => Unwrap(only),
        System.Reflection.TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        InvalidOperationException when DecodingErrorOf(error) is { } decoding => decoding,
        _ => error,
    };

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
