namespace TfKd;

/// <summary>
/// The operators that the network of a model file may have: those whose answers are as large as their inputs and weights make them. Others
/// make tensors of a size that a number in the file says (ConstantOfShape, Expand, Range, Resize, Tile), or run graphs of their own as
/// often as they like (If, Loop, Scan); a few bytes of these take all memory or never end. They are more than this library's emitters
/// write, for emitters of the user's own.
/// </summary>
internal static class OnnxOperators
{
    private const string MLDomain = "ai.onnx.ml";

    private static readonly HashSet<string> _bounded = new(StringComparer.Ordinal)
    {
        // Layers.
        "AveragePool", "BatchNormalization", "Conv", "ConvTranspose", "Dropout", "Flatten", "Gemm", "GlobalAveragePool", "GlobalLpPool",
        "GlobalMaxPool", "GroupNormalization", "InstanceNormalization", "LRN", "LayerNormalization", "LpNormalization", "MatMul", "MaxPool",
        "MeanVarianceNormalization", "Pad", "Softmax", "LogSoftmax",
        // Activations.
        "Celu", "Clip", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Relu", "Selu", "Shrink", "Sigmoid",
        "Softplus", "Softsign", "Tanh", "ThresholdedRelu",
        // Arithmetic.
        "Abs", "Add", "And", "Ceil", "Cos", "Div", "Equal", "Exp", "Floor", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Log",
        "Max", "Mean", "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Reciprocal", "Round", "Sign", "Sin", "Sqrt", "Sub", "Sum", "Where",
        "ArgMax", "ArgMin", "CumSum", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
        "ReduceProd", "ReduceSum", "ReduceSumSquare", "TopK",
        // Shapes.
        "Cast", "Concat", "Constant", "DepthToSpace", "Gather", "GatherElements", "Identity", "Reshape", "Shape", "Size", "Slice",
        "SpaceToDepth", "Split", "Squeeze", "Transpose", "Unsqueeze",
        // Other numbers.
        "DequantizeLinear", "QuantizeLinear",
    };

    /// <summary>How many times a transposed convolution may make a map larger.</summary>
    public const long MostEnlarged = 16;

    /// <summary>Whether an attribute of a transposed convolution lets it make a map larger than that, or of any size.</summary>
    public static bool AreEnlarging(string name, IEnumerable<long> values) => name switch
    {
        "output_shape" => true,
        "strides" or "dilations" or "output_padding" => values.Any(times => times is < 0 or > MostEnlarged),
        _ => false,
    };

    /// <summary>Whether an operator of a domain, empty for ONNX's own, is one of those.</summary>
    public static bool AreBounded(string domain, string type) => domain switch
    {
        "" or "ai.onnx" => _bounded.Contains(type),
        // What holds the names of the classes.
        MLDomain => type == "LabelEncoder",
        _ => false,
    };
}
