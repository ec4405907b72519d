using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// An image classifier with its normalisation inside: raw pixels in (0 to 255), logits out. Weight files hold the keys of <see cref="Body"/>;
/// the normalisation is part of the model, not of the weights.
/// </summary>
public sealed class ImageNetwork : nn.Module<Tensor, Tensor>
{
    private readonly Normalize normalize;
    private readonly nn.Module<Tensor, Tensor> body;

    internal ImageNetwork(NetworkArchitecture architecture, nn.Module<Tensor, Tensor> body, int classCount) : base(architecture.GetType().Name)
    {
        (Architecture, ClassCount, this.body) = (architecture, classCount, body);
        normalize = new Normalize(architecture.InputShape.Channels);
        RegisterComponents();
    }

    /// <summary>What was built.</summary>
    public NetworkArchitecture Architecture { get; }

    /// <summary>Number of classes K.</summary>
    public int ClassCount { get; }

    /// <summary>The network behind the normalisation.</summary>
    public nn.Module<Tensor, Tensor> Body => body;

    /// <summary>The first layer: subtracts the mean and divides by the standard deviation of each channel.</summary>
    public Normalize Normalization => normalize;

    /// <inheritdoc/>
    /// <param name="images">[N,C,H,W], values 0 to 255, uint8 or floating point.</param>
    public override Tensor forward(Tensor images)
    {
        using var normalized = normalize.call(images);
        return body.call(normalized);
    }

    /// <summary>The check of the network's convolutions on the CPU; null on another device, where <see cref="ComputePath.Default"/> is the one to use.</summary>
    internal KernelCheckResult? CheckKernels(ImageShape shape, IReadOnlyList<int> batchSizes) => this.parameters().First().device_type == DeviceType.CPU
        ? KernelCheck.Choose(this, [shape.Channels, shape.Height, shape.Width], batchSizes)
        : null;

    /// <summary>Runs the network and returns all that objectives may ask of it.</summary>
    public NetworkOutput Run(Tensor images) => new(call(images));
}
