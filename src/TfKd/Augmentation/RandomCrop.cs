using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Pads each side and cuts a window of the original size at a random place: a shift by up to <see cref="Padding"/> pixels each way.
/// </summary>
/// <remarks>
/// The CIFAR augmentation of He et al., 'Deep Residual Learning for Image Recognition', CVPR 2016, and of the Tf-KD authors' code.
/// </remarks>
/// <example><code>
/// var augmentation = new RandomCrop { Padding = 4, Border = BorderMode.Reflect };
/// </code></example>
public sealed record RandomCrop : Augmentation
{
    /// <summary>Pixels added to each side, 0 or more; default 4.</summary>
    public int Padding { get; init => field = Require.NotNegative(value); } = 4;

    /// <summary>
    /// What the added pixels are; default <see cref="BorderMode.Zero"/>. <see cref="BorderMode.Reflect"/> asks for images larger than the
    /// padding.
    /// </summary>
    public BorderMode Border { get; init => field = Require.Defined(value); } = BorderMode.Zero;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The images are too small to be reflected, or not [N,C,H,W].</exception>
    protected override Tensor ApplyCore(Tensor images, RowRandom random)
    {
        var (height, width) = (images.shape[2], images.shape[3]);
        var top = DeviceCopy.Of(random.NextIntegers(2L * Padding + 1), images.device);
        var left = DeviceCopy.Of(random.NextIntegers(2L * Padding + 1), images.device);
        // A view of every window [N, C, top, left, H, W]; indexing copies the chosen one of each row, whole lines at a time.
        var windows = Pad(images).unfold(2, height, 1).unfold(3, width, 1);
        var rows = arange(images.shape[0], device: images.device);
        return windows.index(TensorIndex.Tensor(rows), TensorIndex.Colon, TensorIndex.Tensor(top), TensorIndex.Tensor(left));
    }

    private Tensor Pad(Tensor images)
    {
        if (Border == BorderMode.Zero)
            return nn.functional.pad(images, [Padding, Padding, Padding, Padding]);
        if (Padding >= Math.Min(images.shape[2], images.shape[3]))
            throw new ArgumentException(
                $"Padding must be below the images' height and width to be reflected, but is {Padding} for images of shape "
                    + $"{Require.ShapeText(images)}.", nameof(images));
        return images.index_select(2, Reflected(images, 2)).index_select(3, Reflected(images, 3));
    }

    /// <summary>
    /// The line that stands at each place of the padded dimension. By index, because Torch's own reflection takes no bytes.
    /// </summary>
    private Tensor Reflected(Tensor images, int dimension)
    {
        var last = images.shape[dimension] - 1;
        var places = new long[images.shape[dimension] + 2 * Padding];
        for (var i = 0; i < places.Length; i++)
            places[i] = last - Math.Abs(last - Math.Abs(i - Padding));
        return DeviceCopy.Of(places, images.device);
    }
}
