using Microsoft.ML.OnnxRuntime;

namespace TfKd.MLNet;

/// <summary>
/// How ONNX Runtime computes a transformer's scores: <see cref="TorchImageClassificationTransformer.WithExecution"/>. It belongs to a
/// process and its machine, and is in no model file.
/// </summary>
public sealed record OnnxExecution
{
    // More than any machine has cores; tens of thousands take minutes to begin.
    private const int MostThreads = 1024;

    private const string CudaPackage =
        "the package Microsoft.ML.OnnxRuntime.Gpu in the place of Microsoft.ML.OnnxRuntime, which is referenced with ExcludeAssets=\"all\"";

    /// <summary>
    /// What computes. Default <see cref="ExecutionProvider.Cpu"/>. What a provider has no form of is computed by the processor.
    /// </summary>
    public ExecutionProvider Provider { get; init => field = Require.Defined(value); }

    /// <summary>Which of several graphics cards, from 0. Default 0.</summary>
    public int DeviceId { get; init => field = Require.NotNegative(value); }

    /// <summary>
    /// Threads of the processor that one batch is computed with, at most 1024; default 0: as many as the machine has cores.
    /// </summary>
    public int Threads
    {
        get;
        init => field = value is >= 0 and <= MostThreads
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Threads), value, $"Threads must be from 0 to {MostThreads}, but is {value}.");
    }

    /// <exception cref="InvalidOperationException">ONNX Runtime does not have the provider here; the message names the package.</exception>
    internal void RequireAvailable()
    {
        if (Provider == ExecutionProvider.Cpu)
            return;
        OnnxTelemetry.TurnOffUnlessSet();
        var (name, source) = Provider switch
        {
            ExecutionProvider.Cuda => ("CUDAExecutionProvider", CudaPackage),
            ExecutionProvider.TensorRt => ("TensorrtExecutionProvider", CudaPackage),
            _ => ("CoreMLExecutionProvider", "the package Microsoft.ML.OnnxRuntime on macOS"),
        };
        var available = OrtEnv.Instance().GetAvailableProviders();
        if (!available.Contains(name))
        {
            throw new InvalidOperationException(
                $"The provider {Provider} of {nameof(OnnxExecution)} is not in this application's ONNX Runtime, which has "
                + $"{string.Join(", ", available)}. It is in {source}.");
        }
    }

    /// <summary>Settings of a session; the caller disposes them.</summary>
    /// <exception cref="InvalidOperationException">The provider is not there, or what it needs is not.</exception>
    internal SessionOptions ToSessionOptions()
    {
        RequireAvailable();
        var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = Threads };
        try
        {
            // Workers that spin between batches take the cores that decode the next images, and those of whatever else runs.
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            switch (Provider)
            {
                case ExecutionProvider.Cuda:
                    options.AppendExecutionProvider_CUDA(DeviceId);
                    break;
                case ExecutionProvider.TensorRt:
                    options.AppendExecutionProvider_Tensorrt(DeviceId);
                    break;
                case ExecutionProvider.CoreML:
                    options.AppendExecutionProvider("CoreML");
                    break;
            }

            return options;
        }
        catch (OnnxRuntimeException exception)
        {
            options.Dispose();
            throw new InvalidOperationException(
                $"The provider {Provider} of {nameof(OnnxExecution)} cannot be used: {exception.Message}. Its driver and libraries must be "
                + "installed, in the versions that this version of ONNX Runtime is made for; ONNX Runtime writes to the standard error "
                + "which one is missing.",
                exception);
        }
    }
}
