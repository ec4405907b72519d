namespace TfKd.MLNet;

/// <summary>
/// A trained network is right less often in the numbers of <see cref="TorchImageClassificationTrainer.Options.Weights"/> than
/// <see cref="TorchImageClassificationTrainer.Options.MaxQuantizationDrop"/> allows. The training is not lost: <see cref="FloatModel"/> is
/// what it ended with.
/// </summary>
/// <example><code>
/// try
/// {
///     trainer.Fit(rows).Dispose();
/// }
/// catch (QuantizationDropException exception)
/// {
///     Console.WriteLine(exception.Report);
/// }
/// </code></example>
public sealed class QuantizationDropException : InvalidOperationException
{
    /// <summary>Makes the exception with its message.</summary>
    public QuantizationDropException(string message) : base(message)
    {
    }

    /// <summary>Makes the exception with its message and cause.</summary>
    public QuantizationDropException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Makes the exception without a message.</summary>
    public QuantizationDropException()
    {
    }

    /// <summary>The trained model in float32, to save and to use as any other; the caller disposes it.</summary>
    public TorchImageClassificationTransformer? FloatModel { get; init; }

    /// <summary>What was measured.</summary>
    public QuantizationReport? Report { get; init; }
}
