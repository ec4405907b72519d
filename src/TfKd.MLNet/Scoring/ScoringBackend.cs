namespace TfKd.MLNet;

/// <summary>What computes a transformer's scores.</summary>
public enum ScoringBackend
{
    /// <summary>ONNX Runtime: the default, and the only one that needs no libtorch.</summary>
    OnnxRuntime,

    /// <summary>
    /// TorchSharp on the CPU, on the path that <see cref="KernelCheck"/> chooses. Needs libtorch, and
    /// computes with the float32 weights, whatever numbers the model scores with otherwise.
    /// </summary>
    Torch,
}
