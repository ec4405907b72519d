namespace TfKd;

/// <summary>
/// Weights of ImageNet's networks that packages bring: <c>InitialWeights = Pretrained.ResNet18</c>, and one reference to the package in the
/// project file. This library references none of them.
/// </summary>
public static class Pretrained
{
    /// <summary>
    /// ResNet-18 without its classifier: the package Microsoft.ML.DnnImageFeaturizer.ResNet18 (MIT), 64 MB beside the application.
    /// </summary>
    public static FeaturizerWeights ResNet18 { get; } = new() { Depth = 18 };

    /// <summary>ResNet-50 without its classifier: the package Microsoft.ML.DnnImageFeaturizer.ResNet50.</summary>
    public static FeaturizerWeights ResNet50 { get; } = new() { Depth = 50 };

    /// <summary>ResNet-101 without its classifier: the package Microsoft.ML.DnnImageFeaturizer.ResNet101.</summary>
    public static FeaturizerWeights ResNet101 { get; } = new() { Depth = 101 };
}
