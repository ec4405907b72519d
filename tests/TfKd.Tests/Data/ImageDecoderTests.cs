using SkiaSharp;

namespace TfKd.Tests;

public sealed class ImageDecoderTests
{
    private static readonly ImageShape Rgb4 = new(3, 4, 4);

    [Fact]
    public void Pixels_of_an_image_of_the_right_size_come_out_planar_and_unchanged()
    {
        var encoded = Images.Encode(4, 4, (x, y) => new SKColor((byte)(10 * x), (byte)(20 * y), (byte)(x + y)));
        var pixels = Decode(encoded, Rgb4);
        for (var y = 0; y < 4; y++)
        {
            for (var x = 0; x < 4; x++)
                Assert.Equal((10 * x, 20 * y, x + y), (pixels[y * 4 + x], pixels[16 + y * 4 + x], pixels[32 + y * 4 + x]));
        }
    }

    [Fact]
    public void Wide_images_are_cropped_around_the_centre()
    {
        // Left and right quarters red, the middle blue: scaling to cover keeps the middle half.
        var encoded = Images.Encode(32, 16, (x, _) => x is >= 8 and < 24 ? SKColors.Blue : SKColors.Red);
        var pixels = Decode(encoded, new ImageShape(3, 16, 16));
        Assert.All(pixels[..256], red => Assert.Equal(0, red));
        Assert.All(pixels[512..], blue => Assert.Equal(255, blue));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(9)]
    public void Scaling_keeps_the_mean_colour(int size)
    {
        var encoded = Images.Encode(size, size, (_, _) => new SKColor(200, 100, 50));
        var pixels = Decode(encoded, new ImageShape(3, 16, 16));
        Assert.All(pixels[..256], red => Assert.InRange(red, 199, 201));
        Assert.All(pixels[256..512], green => Assert.InRange(green, 99, 101));
        Assert.All(pixels[512..], blue => Assert.InRange(blue, 49, 51));
    }

    [Fact]
    public void Grey_is_the_luma()
    {
        var pixels = Decode(Images.Encode(4, 4, (_, _) => new SKColor(200, 100, 50)), new ImageShape(1, 4, 4));
        Assert.All(pixels, value => Assert.Equal((byte)Math.Round(0.299 * 200 + 0.587 * 100 + 0.114 * 50), value));
    }

    [Fact]
    public void Transparency_is_laid_on_white()
    {
        var pixels = Decode(Images.Encode(4, 4, (_, _) => new SKColor(0, 0, 0, 0)), Rgb4);
        Assert.All(pixels, value => Assert.Equal(255, value));
    }

    // The marked corner of the upright image, for a file whose pixels have the mark at the top left.
    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(2, 1, 0)]
    [InlineData(3, 1, 1)]
    [InlineData(4, 0, 1)]
    [InlineData(5, 0, 0)]
    [InlineData(6, 1, 0)]
    [InlineData(7, 1, 1)]
    [InlineData(8, 0, 1)]
    public void Photos_are_turned_upright(byte orientation, int right, int bottom)
    {
        var jpeg = Images.Encode(32, 32, (x, y) => x < 16 && y < 16 ? SKColors.White : SKColors.Black, SKEncodedImageFormat.Jpeg);
        var pixels = Decode(Images.WithOrientation(jpeg, orientation), new ImageShape(1, 32, 32));
        for (var corner = 0; corner < 4; corner++)
        {
            var (x, y) = (corner % 2, corner / 2);
            var value = pixels[(8 + 16 * y) * 32 + 8 + 16 * x];
            if ((x, y) == (right, bottom))
                Assert.InRange(value, 250, 255);
            else
                Assert.InRange(value, 0, 5);
        }
    }

    [Theory]
    [InlineData(6)]
    [InlineData(5)]
    public void Turned_photos_that_are_not_square_keep_their_proportions(byte orientation)
    {
        // 16 wide and 32 high once upright; the middle half of the height survives the crop.
        var jpeg = Images.Encode(32, 16, (x, _) => x is >= 8 and < 24 ? SKColors.White : SKColors.Black, SKEncodedImageFormat.Jpeg);
        var pixels = Decode(Images.WithOrientation(jpeg, orientation), new ImageShape(1, 16, 16));
        Assert.True(pixels.Average(value => (double)value) > 240);
    }

    [Fact]
    public void Icons_bitmaps_and_the_formats_of_photos_are_read()
    {
        var png = Images.GreyPng(4, 4, grey: 255);
        var bitmap = new byte[14 + 40 + 4 * 12];
        "BM"u8.CopyTo(bitmap);
        (bitmap[2], bitmap[10], bitmap[14], bitmap[18], bitmap[22], bitmap[26], bitmap[28]) = ((byte)bitmap.Length, 54, 40, 4, 4, 1, 24);
        bitmap.AsSpan(54).Fill(255);
        byte[] icon = [0, 0, 1, 0, 1, 0, 4, 4, 0, 0, 1, 0, 32, 0, (byte)png.Length, 0, 0, 0, 22, 0, 0, 0, .. png];
        byte[] wireless = [0, 0, 4, 4, 0xF0, 0xF0, 0xF0, 0xF0];
        byte[] gif =
        [
            .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 255, 255, 255, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
        ];
        foreach (var encoded in new[] { png, bitmap, icon, wireless, gif })
            Assert.All(Decode(encoded, Rgb4), value => Assert.Equal(255, value));
        foreach (var format in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp })
            Assert.All(Decode(Images.Encode(4, 4, (_, _) => SKColors.White, format), Rgb4), value => Assert.Equal(255, value));
    }

    [Fact]
    public void Nothing_is_not_an_image() => Refused([], "The image has no bytes.");

    [Fact]
    public void Text_is_not_an_image() => Refused(
        "no image at all"u8.ToArray(), "15 bytes are not an image of a known format (JPEG, PNG, WebP, GIF, BMP); they begin with "
            + "6E6F20696D616765.");

    [Theory]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Png)]
    public void Half_a_file_is_refused(SKEncodedImageFormat format)
    {
        var random = new Random(1);
        var encoded = Images.Encode(64, 64, (_, _) => new SKColor((uint)random.Next() | 0xFF000000), format);
        var half = encoded[..(encoded.Length / 2)];
        Refused(half, $"The {format} image of 64x64 pixels and {half.Length} bytes is damaged or cut short (IncompleteInput).");
    }

    private static void Refused(byte[] encoded, string message) =>
        Assert.Equal(message, Assert.Throws<ImageDecodingException>(() => Decode(encoded, Rgb4)).Message);

    private static byte[] Decode(byte[] encoded, ImageShape shape)
    {
        var pixels = new byte[shape.ByteCount];
        ImageDecoder.Decode(encoded, shape, pixels);
        return pixels;
    }
}
