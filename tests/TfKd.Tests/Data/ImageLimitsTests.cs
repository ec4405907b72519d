using System.Diagnostics;
using SkiaSharp;

namespace TfKd.Tests;

/// <summary>What an image may take, and which files are read at all.</summary>
public sealed class ImageLimitsTests : IDisposable
{
    private readonly ImageLimits _before = ImageLimits.Current;
    private readonly string _folder = Directory.CreateTempSubdirectory("tfkd-limits-").FullName;

    public void Dispose()
    {
        ImageLimits.Current = _before;
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_header_that_promises_more_pixels_than_the_limit_takes_no_memory_and_is_told()
    {
        var encoded = Images.GreyPng(16384, 16384, whole: false);
        Assert.InRange(encoded.Length, 1, 200);
        var before = GC.GetTotalAllocatedBytes();
        Assert.Equal(
            "The Png image of 16384x16384 pixels would be decoded to 268435456; the most is 134217728 (ImageLimits.MaxPixels).",
            Refusal(encoded, new ImageShape(3, 224, 224)));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 1 << 20);
    }

    [Fact]
    public void What_a_large_image_took_is_not_left_to_the_garbage_collector()
    {
        // 100 MB of pixels, each of three times: arrays would stay until the next full collection.
        var encoded = Images.GreyPng(5000, 5000, whole: false);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 3; i++)
            Assert.Contains("damaged or cut short", Refusal(encoded, new ImageShape(3, 224, 224)), StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void The_limit_is_of_what_is_decoded_and_can_be_raised()
    {
        ImageLimits.Current = new ImageLimits { MaxPixels = 32 * 32 };
        var shape = new ImageShape(3, 16, 16);
        var jpeg = Images.Encode(128, 128, (_, _) => SKColors.Red, SKEncodedImageFormat.Jpeg);
        var png = Images.Encode(128, 128, (_, _) => SKColors.Red);
        // An eighth of each side is enough for the network.
        ImageDecoder.Decode(jpeg, shape, new byte[shape.ByteCount]);
        Assert.EndsWith(
            "would be decoded to 16384; the most is 1024 (ImageLimits.MaxPixels).", Refusal(png, shape), StringComparison.Ordinal);
        ImageLimits.Current = ImageLimits.Current with { MaxPixels = 128 * 128 };
        ImageDecoder.Decode(png, shape, new byte[shape.ByteCount]);
    }

    [Fact]
    public void Limits_must_be_above_0()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { MaxPixels = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { MaxFileBytes = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageLimits { DecodingMemory = 0 });
        Assert.Throws<ArgumentNullException>(() => ImageLimits.Current = null!);
    }

    [Fact]
    public async Task Images_that_are_decoded_at_one_time_share_the_memory_and_one_alone_is_never_held_up()
    {
        DecodingMemory.Take(90, limit: 100);
        var token = TestContext.Current.CancellationToken;
        var second = Task.Run(() => DecodingMemory.Take(20, limit: 100), token);
        await Assert.ThrowsAsync<TimeoutException>(() => second.WaitAsync(TimeSpan.FromMilliseconds(100), token));
        DecodingMemory.Return(90);
        await second.WaitAsync(TimeSpan.FromSeconds(20), token);
        DecodingMemory.Return(20);
        DecodingMemory.Take(200, limit: 100);
        DecodingMemory.Return(200);
        Assert.Equal(0, DecodingMemory.Taken);
    }

    [Fact]
    public void What_a_damaged_image_took_is_given_back()
    {
        ImageLimits.Current = new ImageLimits { DecodingMemory = 1 };
        var png = Images.GreyPng(64, 64, whole: false);
        Parallel.For(0, 32, _ => Assert.Contains("damaged or cut short", Refusal(png, new ImageShape(1, 8, 8)), StringComparison.Ordinal));
        Assert.Equal(0, DecodingMemory.Taken);
    }

    [Fact]
    public async Task Pipes_devices_and_empty_files_are_not_opened()
    {
        var empty = Path.Combine(_folder, "empty.jpg");
        File.WriteAllBytes(empty, []);
        var files = new List<string> { empty };
        if (!OperatingSystem.IsWindows())
        {
            var pipe = Path.Combine(_folder, "pipe.jpg");
            using (var make = Process.Start("mkfifo", [pipe]))
                await make.WaitForExitAsync(TestContext.Current.CancellationToken);
            var link = Path.Combine(_folder, "link.jpg");
            File.CreateSymbolicLink(link, pipe);
            files.AddRange([pipe, link, "/dev/zero"]);
        }

        foreach (var file in files)
        {
            var block = new DecodeBlock(new ImageShape(1, 2, 2), 1);
            // One that was opened would never end.
            var error = await Task.Run(() => Record.Exception(() => block.AddFile(file)), TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            Assert.Equal(
                "The image has no bytes. Expected a regular file that is not empty, and no pipe or device.",
                Assert.IsType<ImageDecodingException>(error).Message);
        }
    }

    [Fact]
    public void A_file_beyond_the_limit_is_not_read_and_a_link_has_the_size_of_what_it_leads_to()
    {
        var (large, link) = (Path.Combine(_folder, "large.jpg"), Path.Combine(_folder, "link.jpg"));
        using (var file = File.Create(large))
            file.SetLength(3L << 30);
        File.CreateSymbolicLink(link, large);
        var block = new DecodeBlock(new ImageShape(1, 2, 2), 1);
        foreach (var path in new[] { large, link })
        {
            Assert.Equal(
                $"'{path}' has 3221225472 bytes; the most that is read is 268435456 (ImageLimits.MaxFileBytes).",
                Assert.Throws<ImageDecodingException>(() => block.AddFile(path)).Message);
        }

        ImageLimits.Current = new ImageLimits { MaxFileBytes = 3 };
        Assert.Equal(
            "The image has 4 bytes; the most that is read is 3 (ImageLimits.MaxFileBytes).",
            Assert.Throws<ImageDecodingException>(() => block.AddEncoded([1, 2, 3, 4])).Message);
        Assert.Equal(0, block.Count);
    }

    [Fact]
    public void A_link_that_leads_nowhere_and_a_folder_are_errors_of_the_file()
    {
        var link = Path.Combine(_folder, "dangling.jpg");
        File.CreateSymbolicLink(link, Path.Combine(_folder, "gone.jpg"));
        var block = new DecodeBlock(new ImageShape(1, 2, 2), 1);
        Assert.Throws<FileNotFoundException>(() => block.AddFile(link));
        Assert.Equal($"'{_folder}' is a folder; expected a file.", Assert.Throws<IOException>(() => block.AddFile(_folder)).Message);
    }

    private static string Refusal(byte[] encoded, ImageShape shape) =>
        Assert.Throws<ImageDecodingException>(() => ImageDecoder.Decode(encoded, shape, new byte[shape.ByteCount])).Message;
}
