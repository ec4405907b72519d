using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// How a network's convolutions are computed on a CPU: which results are right and how long they take depend on it, what is computed does not.
/// On other devices <see cref="Default"/> is the one to use.
/// </summary>
/// <param name="Layout">Order in memory of images and weights.</param>
/// <param name="OneDnn">Whether convolutions use oneDNN, or libtorch's own slower kernels.</param>
public sealed record ComputePath(MemoryLayout Layout, bool OneDnn)
{
    /// <summary>What Torch does by itself.</summary>
    public static ComputePath Default { get; } = new(MemoryLayout.Contiguous, OneDnn: true);

    /// <summary>libtorch's own kernels: slow, but right on every processor they were tried on.</summary>
    public static ComputePath Trusted { get; } = new(MemoryLayout.Contiguous, OneDnn: false);

    /// <summary>
    /// Puts the weights of a module's convolutions into the layout. The parameters stay the same objects; make the optimiser's buffers, which
    /// follow the layout of gradients, after it.
    /// </summary>
    public void Prepare(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var parameter in module.parameters().Where(parameter => parameter.dim() == 4))
            parameter.set_(Arrange(parameter.detach()));
    }

    /// <summary>A batch of images in the layout: a fresh tensor of the same shape and type, which may share memory with the argument.</summary>
    /// <param name="images">[N,C,H,W].</param>
    public Tensor Arrange(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        using var scope = NewDisposeScope();
        var arranged = Layout == MemoryLayout.ChannelsLast ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images.contiguous();
        return arranged.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Switches oneDNN as the path wants it until the returned object is disposed. Forward <em>and</em> backward must run in between: libtorch chooses
    /// the kernel of each anew. The switch holds for the whole process.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">The path is without oneDNN and this build of libtorch cannot switch it off.</exception>
    public IDisposable Enter()
    {
        var before = TfKd.OneDnn.Enabled;
        TfKd.OneDnn.Enabled = OneDnn;
        return new Restore(before);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(Layout == MemoryLayout.ChannelsLast ? "channels-last" : "contiguous")} {(OneDnn ? "with" : "without")} oneDNN";

    private sealed class Restore(bool before) : IDisposable
    {
        public void Dispose() => TfKd.OneDnn.Enabled = before;
    }
}
