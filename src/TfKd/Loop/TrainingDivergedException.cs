namespace TfKd;

/// <summary>The objective, a gradient or a weight became NaN or infinite; the message says where, and which terms.</summary>
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

    /// <summary>The epoch, from 0.</summary>
    public int Epoch { get; init; }

    /// <summary>The step, from 0, counted from the beginning of the run.</summary>
    public long Step { get; init; }

    /// <summary>
    /// What is not finite: the name of a term of the objective, as in <see cref="EpochMetrics.Terms"/>; <c>loss</c>, the objective itself,
    /// where each of its terms is finite; <c>gradient</c>, the norm of all gradients; <c>validation</c>, the answer to a validation row; or
    /// the name of a weight or a buffer.
    /// </summary>
    public string? Term { get; init; }

    /// <summary>The learning rate of the step.</summary>
    public double LearningRate { get; init; }
}
