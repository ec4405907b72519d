namespace TfKd.MLNet;

/// <summary>
/// How <see cref="TorchImageClassificationTransformer.SaveOnnx(string, OnnxSettings)"/> writes a model. Anything but the defaults is
/// exported anew, which needs libtorch.
/// </summary>
public sealed record OnnxSettings
{
    /// <summary>The type of the pixels. Default: <see cref="OnnxInputType.Bytes"/>.</summary>
    public OnnxInputType InputType { get; init => field = Require.Defined(value); } = OnnxInputType.Bytes;

    /// <summary>Width of the images in pixels; a size that the network takes. Default 0: the width that it was trained at.</summary>
    public int Width { get; init => field = Require.NotNegative(value); }

    /// <summary>Height of the images in pixels; a size that the network takes. Default 0: the height that it was trained at.</summary>
    public int Height { get; init => field = Require.NotNegative(value); }
}
