namespace TfKd;

/// <summary>Size of an image in pixels, and its number of channels (3: RGB; 1: grey).</summary>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Bytes of one decoded image: one a channel and pixel, stored planar (all red, all green, all blue).</summary>
    public int ByteCount => checked(Channels * Height * Width);

    /// <summary>The shape with another width and height; 0 leaves it as it is.</summary>
    internal ImageShape Sized(int width, int height) =>
        this with { Width = width > 0 ? width : Width, Height = height > 0 ? height : Height };

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}
