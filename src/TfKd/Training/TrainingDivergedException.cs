namespace TfKd;

/// <summary>The objective became NaN or infinite; the message says where, and which terms.</summary>
public sealed class TrainingDivergedException : ArithmeticException
{
    /// <summary>Makes the exception with its message.</summary>
    public TrainingDivergedException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with its message and cause.</summary>
    public TrainingDivergedException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Makes the exception without a message.</summary>
    public TrainingDivergedException()
    {
    }
}
