namespace TfKd.MLNet;

/// <summary>What ONNX Runtime computes on.</summary>
public enum ExecutionProvider
{
    /// <summary>The processor: the default, which every package of ONNX Runtime has.</summary>
    Cpu,

    /// <summary>A graphics card by NVIDIA's CUDA: the package Microsoft.ML.OnnxRuntime.Gpu.</summary>
    Cuda,

    /// <summary>A graphics card by NVIDIA's TensorRT: the package Microsoft.ML.OnnxRuntime.Gpu.</summary>
    TensorRt,

    /// <summary>Apple's Core ML: the package Microsoft.ML.OnnxRuntime on macOS.</summary>
    CoreML,
}
