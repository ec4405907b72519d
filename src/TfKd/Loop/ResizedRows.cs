using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The rows of a source at another size: what a network that sees the student's images at its own size learns from.</summary>
internal sealed class ResizedRows : SizedRows
{
    private ResizedRows(IImageSource source, ImageShape shape)
        : base(source, shape)
    {
    }

    /// <summary>The source itself where it has the size.</summary>
    /// <param name="source">The rows.</param>
    /// <param name="shape">The shape that they are to have, of the same number of channels.</param>
    public static IImageSource Of(IImageSource source, ImageShape shape) => source.Shape == shape ? source : new ResizedRows(source, shape);

    // As the teacher will resize them, but for the rounding to whole numbers.
    public override void ReadPixels(int row, Span<byte> pixels)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var from = Source.Shape;
        var image = empty([1, from.Channels, from.Height, from.Width], ScalarType.Byte);
        Source.ReadPixels(row, image.bytes);
        var resized = TeacherInput.Resize(image, Shape).round().clamp(0, 255).to(ScalarType.Byte).contiguous();
        resized.bytes[..Shape.ByteCount].CopyTo(pixels);
    }
}
