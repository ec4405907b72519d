using System.Diagnostics;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace TfKd.Tests;

/// <summary>Images of which most is cropped away: only what is kept is scaled.</summary>
public sealed class ElongatedImageTests
{
    [Theory]
    [InlineData(300, 200, 64, 64)]
    [InlineData(200, 300, 48, 32)]
    [InlineData(64, 64, 224, 224)]
    [InlineData(33, 47, 224, 160)]
    [InlineData(1000, 30, 96, 96)]
    [InlineData(40, 900, 32, 32)]
    [InlineData(700, 5, 32, 32)]
    [InlineData(3, 500, 32, 48)]
    [InlineData(1, 400, 16, 16)]
    [InlineData(4096, 160, 32, 32)]
    public void What_is_drawn_of_the_part_that_is_kept_is_what_the_whole_image_would_have_been(
        int width, int height, int toWidth, int toHeight)
    {
        var source = Draw(width, height);
        var shape = new ImageShape(3, toHeight, toWidth);
        var (whole, part) = (Fit(source, shape, long.MaxValue), Fit(source, shape, 0));
        var differences = whole.Zip(part, (a, b) => Math.Abs(a - b)).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{width}x{height} to {shape}: at most {differences.Max()}, {differences.Count(value => value > 0)} of {differences.Count}");
        Assert.True(whole.Max() - whole.Min() > 50);
        Assert.InRange(differences.Max(), 0, 1);
    }

    [Theory]
    [InlineData(300, 200)]
    [InlineData(64, 500)]
    [InlineData(2000, 260)]
    public void Ordinary_images_are_scaled_whole_as_ever(int width, int height)
    {
        var (source, shape) = (Draw(width, height), new ImageShape(3, 64, 64));
        var pixels = new byte[shape.ByteCount];
        using var buffers = new DecodeBuffers();
        ImageFit.Fit(new SourcePixels(source.Bytes, source.Width, source.Height, true), shape, pixels, buffers);
        Assert.Equal(Fit(source, shape, long.MaxValue), pixels);
    }

    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(12_000, 1)]
    [InlineData(1, 1_000_000)]
    [InlineData(3, 400_000)]
    public void The_most_elongated_image_takes_no_more_than_the_networks_input(int width, int height)
    {
        var encoded = Images.GreyPng(width, height, grey: 90);
        var shape = new ImageShape(3, 224, 224);
        var pixels = new byte[shape.ByteCount];
        var clock = Stopwatch.StartNew();
        ImageDecoder.Decode(encoded, shape, pixels);
        var seconds = clock.Elapsed.TotalSeconds;
        using var buffers = new DecodeBuffers();
        var decoded = buffers.Decoded(4 * width * height);
        MemoryMarshal.Cast<byte, uint>(decoded).Fill(0xFF5A5A5A);
        ImageFit.Fit(new SourcePixels(decoded, width, height, isBgra: true), shape, pixels, buffers);
        TestContext.Current.TestOutputHelper?.WriteLine($"{width}x{height}: {seconds:F3} s, {buffers.Length} bytes");
        Assert.InRange(pixels.Min(), 90, 90);
        Assert.InRange(pixels.Max(), 90, 90);
        // The decoded image, in a buffer of up to twice its size, and what is drawn.
        Assert.InRange(buffers.Length, 4L * width * height, 8L * width * height + 8L * 224 * 224);
        Assert.InRange(seconds, 0, 3);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void A_colour_above_its_opacity_is_white_at_most(int channels)
    {
        var shape = new ImageShape(channels, 1, 1);
        var pixels = new byte[shape.ByteCount];
        using var buffers = new DecodeBuffers();
        ImageFit.Fit(new SourcePixels((byte[])[200, 200, 200, 128], 1, 1, isBgra: true), shape, pixels, buffers);
        Assert.All(pixels, pixel => Assert.Equal(255, pixel));
    }

    private static byte[] Fit((byte[] Bytes, int Width, int Height) source, ImageShape shape, long mostCovering)
    {
        var pixels = new byte[shape.ByteCount];
        using var buffers = new DecodeBuffers();
        ImageFit.Fit(
            new SourcePixels(source.Bytes, source.Width, source.Height, isBgra: true), shape, pixels, buffers, mostCovering);
        return pixels;
    }

    // Waves along both axes and a fine pattern, in colours that differ.
    private static (byte[] Bytes, int Width, int Height) Draw(int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Premul));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor(
                    (byte)(128 + 100 * Math.Sin(x / 3.0 + y / 7.0)), (byte)(128 + 90 * Math.Cos(y / 4.0)), (byte)(37 * (x + 2 * y))));
            }
        }

        return (bitmap.GetPixelSpan().ToArray(), width, height);
    }
}
