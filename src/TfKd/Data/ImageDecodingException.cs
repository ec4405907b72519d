namespace TfKd;

/// <summary>An image that cannot be decoded; the message says why.</summary>
public sealed class ImageDecodingException : Exception
{
    /// <summary>Makes the exception with the reason.</summary>
    public ImageDecodingException(string reason) : base(reason)
    {
    }

    /// <summary>Makes the exception with the reason and what caused it.</summary>
    public ImageDecodingException(string reason, Exception innerException) : base(reason, innerException)
    {
    }

    /// <summary>Makes the exception without a reason.</summary>
    public ImageDecodingException()
    {
    }

    /// <summary>The message for who knows files, and no rows and columns; null: the file is not known.</summary>
    internal string? OfFile { get; init; }
}
