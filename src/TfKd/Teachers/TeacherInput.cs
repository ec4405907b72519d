using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Makes of a batch what a teacher's model takes: images of its size, normalised as it was trained with, in its type.</summary>
internal sealed class TeacherInput : IDisposable
{
    private readonly ImageShape _shape;
    private readonly ScalarType _type;
    private readonly Normalize? _normalize;

    /// <param name="shape">The shape of the model's images.</param>
    /// <param name="normalization">Mean and standard deviation of each channel; null: pixels from 0 to 255.</param>
    /// <param name="type">Float32, or, without normalisation, Byte.</param>
    /// <param name="context">What the teacher must fit.</param>
    /// <exception cref="InvalidOperationException">
    /// The number of channels differs from the student's, or from that of the statistics.
    /// </exception>
    public TeacherInput(ImageShape shape, ChannelStatistics? normalization, ScalarType type, TeacherContext context)
    {
        RequireChannels(shape, context);
        if (normalization is not null && normalization.Mean.Count != shape.Channels)
            throw new InvalidOperationException(
                $"Normalization has statistics of {normalization.Mean.Count} channels, but the teacher takes images of {shape.Channels} "
                + $"({shape}).");
        (_shape, _type) = (shape, type);
        if (normalization is null)
            return;
        _normalize = new Normalize(shape.Channels);
        _normalize.Set(normalization);
        _normalize.to(context.Device);
    }

    /// <summary>A fresh tensor, which may share memory with the argument.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255.</param>
    public Tensor Prepare(Tensor images)
    {
        using var scope = NewDisposeScope();
        var resized = Resize(images, _shape);
        if (_normalize is not null)
            resized = _normalize.call(resized);
        else if (_type == ScalarType.Byte && resized.is_floating_point())
            resized = resized.round().clamp(0, 255);
        return resized.to(_type).contiguous().alias().MoveToOuterDisposeScope();
    }

    public void Dispose() => _normalize?.Dispose();

    /// <exception cref="InvalidOperationException">The teacher's images have another number of channels than the student's.</exception>
    public static void RequireChannels(ImageShape shape, TeacherContext context)
    {
        if (shape.Channels != context.InputShape.Channels)
            throw new InvalidOperationException(
                $"The teacher takes images of {shape.Channels} channels ({shape}), but the student's have {context.InputShape.Channels} "
                + $"({context.InputShape}).");
    }

    /// <summary>Resizes bilinearly; images that have the size already are returned as they are.</summary>
    public static Tensor Resize(Tensor images, ImageShape shape)
    {
        if (images.shape[2] == shape.Height && images.shape[3] == shape.Width)
            return images;
        var floating = images.is_floating_point() ? images : images.to(ScalarType.Float32);
        return nn.functional.interpolate(floating, [shape.Height, shape.Width], mode: InterpolationMode.Bilinear, align_corners: false);
    }
}
