using SkiaSharp;

namespace TfKd.Tests;

public sealed class DecodeBlockTests
{
    private static readonly ImageShape _shape = new(3, 8, 8);

    [Fact]
    public void Rows_come_back_in_order_whatever_they_came_as_and_after_clearing()
    {
        var block = new DecodeBlock(_shape, 4);
        for (var pass = 0; pass < 3; pass++)
        {
            block.Clear();
            block.AddEncoded(Png(pass));
            block.AddError(new ImageDecodingException("no"));
            block.AddPixels().Fill((byte)(100 + pass));
            block.AddEncoded(Png(50 + pass));
            Assert.True(block.IsFull);
            block.Decode();
            Assert.Equal([pass, 100 + pass, 50 + pass], new[] { 0, 2, 3 }.Select(row => (int)block.PixelsOf(row)[17]));
            Assert.Equal("no", block.ErrorOf(1)!.Message);
            Assert.All([0, 2, 3], row => Assert.Null(block.ErrorOf(row)));
        }
    }

    [Fact]
    public void A_block_is_full_by_its_rows_or_by_their_bytes_and_needs_no_more_memory_the_second_time()
    {
        var block = new DecodeBlock(_shape, 128);
        Fill();
        var bytes = block.Bytes;
        Fill();
        Assert.Equal(bytes, block.Bytes);
        Assert.InRange(bytes, DecodeBlock.FullBytes, 2 * DecodeBlock.FullBytes + (4 << 20));

        void Fill()
        {
            block.Clear();
            while (!block.IsFull)
                block.AddEncoded(new byte[3 << 20]);
            Assert.Equal(6, block.Count);
        }
    }

    [Fact]
    public void A_file_that_is_missing_adds_nothing_and_a_full_block_takes_nothing()
    {
        var block = new DecodeBlock(_shape, 1);
        Assert.Throws<FileNotFoundException>(() => block.AddFile(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString())));
        Assert.Equal(0, block.Count);
        block.AddEncoded([1]);
        Assert.Equal("The block is full with 1 rows.", Assert.Throws<InvalidOperationException>(() => block.AddEncoded([1])).Message);
    }

    private static byte[] Png(int grey)
    {
        using var bitmap = new SKBitmap(8, 8);
        bitmap.Erase(new SKColor((byte)grey, (byte)grey, (byte)grey));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
