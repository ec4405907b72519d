namespace TfKd;

/// <summary>The formats of weight files.</summary>
internal enum WeightFormat
{
    /// <summary>A JSON header and the values.</summary>
    SafeTensors,

    /// <summary>PyTorch's since 1.6, a zip file.</summary>
    TorchZip,

    /// <summary>PyTorch's before 1.6, pickles and the values.</summary>
    TorchLegacy,

    /// <summary>A graph with its constants.</summary>
    Onnx,
}
