using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// How a network's convolutions are computed on a CPU: which results are right and how long they take depend on it, what is computed does
/// not. Networks that are moved to another device choose theirs by themselves.
/// </summary>
/// <param name="Layout">Order in memory of images and weights.</param>
/// <param name="OneDnn">Whether convolutions use oneDNN, or libtorch's own slower kernels.</param>
public sealed record ComputePath(MemoryLayout Layout, bool OneDnn)
{
    /// <summary>In which numbers. Default <see cref="Precision.Float32"/>.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>What Torch does by itself.</summary>
    public static ComputePath Default { get; } = new(MemoryLayout.Contiguous, OneDnn: true);

    /// <summary>What other devices than CPUs compute by: bfloat16 there is made for channels that lie side by side.</summary>
    internal static ComputePath OnDevice(Precision precision) => Default with
    {
        Layout = precision == Precision.BFloat16 ? MemoryLayout.ChannelsLast : MemoryLayout.Contiguous,
        Precision = precision,
    };

    /// <summary>libtorch's own kernels: slow, but right on every processor they were tried on.</summary>
    public static ComputePath Trusted { get; } = new(MemoryLayout.Contiguous, OneDnn: false);

    /// <summary>Right without a check: <see cref="Trusted"/> where oneDNN can be switched off, else <see cref="Default"/>.</summary>
    internal static ComputePath Unchecked => TfKd.OneDnn.CanSwitch ? Trusted : Default;

    /// <summary>
    /// Puts the weights of a module's convolutions into the layout. The parameters stay the same objects; make the optimiser's buffers,
    /// which follow the layout of gradients, after it.
    /// </summary>
    public void Prepare(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var parameter in module.parameters().Where(parameter => parameter.dim() == 4))
            parameter.set_(Arrange(parameter.detach()));
    }

    /// <summary>
    /// A batch of images in the layout: a fresh tensor of the same shape and type, which may share memory with the argument.
    /// </summary>
    /// <param name="images">[N,C,H,W].</param>
    public Tensor Arrange(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        using var scope = NewDisposeScope();
        var arranged = Layout == MemoryLayout.ChannelsLast
            ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
            : images.contiguous();
        return arranged.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Switches oneDNN and bfloat16 as the path wants them until the returned object is disposed. Forward <em>and</em> backward must run in
    /// between: libtorch chooses the kernel of each anew. The switch of oneDNN holds for the whole process, that of bfloat16 for the
    /// thread.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">
    /// The path is without oneDNN, or in bfloat16, and this build of libtorch cannot switch that.
    /// </exception>
    public IDisposable Enter()
    {
        var before = new Restore(TfKd.OneDnn.Enabled, Autocast.Enabled);
        TfKd.OneDnn.Enabled = OneDnn;
        Autocast.Enabled = Precision == Precision.BFloat16;
        return before;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{(Layout == MemoryLayout.ChannelsLast ? "channels-last" : "contiguous")} {(OneDnn ? "with" : "without")} "
            + $"oneDNN{(Precision == Precision.BFloat16 ? " in bfloat16" : "")}";

    private sealed class Restore(bool oneDnn, bool autocast) : IDisposable
    {
        public void Dispose()
        {
            TfKd.OneDnn.Enabled = oneDnn;
            Autocast.Enabled = autocast;
        }
    }
}
