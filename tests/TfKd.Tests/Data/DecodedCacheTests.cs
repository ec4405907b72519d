namespace TfKd.Tests;

public sealed class DecodedCacheTests : IDisposable
{
    private static readonly ImageShape _shape = new(3, 5, 7);

    private readonly string _folder = Directory.CreateTempSubdirectory("tfkd-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(104)]
    [InlineData(105)]
    [InlineData(105 * 7 + 50)]
    [InlineData(105 * 20_000)]
    [InlineData(105 * 20_001)]
    [InlineData(1 << 30)]
    public void Rows_are_the_same_under_every_budget(long budget)
    {
        // More rows than one buffer of the file takes.
        using var cache = Filled(20_001, budget);
        Assert.Equal(Math.Min(20_001, budget / 105) * 105, cache.BytesInMemory);
        Assert.Equal(20_001 * 105 - cache.BytesInMemory, cache.BytesInFile);
        var order = Enumerable.Range(0, cache.Count).ToArray();
        new Random(1).Shuffle(order);
        CheckRows(cache, order);
    }

    [Fact]
    public void Rows_can_be_read_while_others_are_to_come()
    {
        using var cache = Filled(0, budget: 300);
        for (var row = 0; row < 30; row++)
        {
            Add(cache, row);
            CheckRows(cache, [0, row / 2, row]);
        }
    }

    [Fact]
    public void A_row_larger_than_a_buffer_goes_to_the_file()
    {
        var shape = new ImageShape(1, 1500, 1000);
        using var cache = new DecodedCache(shape, ["a"]) { MemoryBudget = shape.ByteCount, Directory = _folder };
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < 4; row++)
        {
            Array.Fill(pixels, (byte)(row + 1));
            cache.Add(pixels, 0);
        }

        for (var row = 3; row >= 0; row--)
        {
            cache.ReadPixels(row, pixels);
            Assert.False(pixels.AsSpan().ContainsAnyExcept((byte)(row + 1)));
        }
    }

    [Fact]
    public void Any_number_of_threads_reads()
    {
        using var cache = Filled(12_000, budget: 105 * 1000);
        Parallel.For(0, 8, seed =>
        {
            var order = Enumerable.Range(0, cache.Count).ToArray();
            new Random(seed).Shuffle(order);
            CheckRows(cache, order.AsSpan(0, 3000));
        });
    }

    [Fact]
    public void The_file_has_no_name_but_on_Windows_and_is_gone_when_the_cache_is_disposed()
    {
        using (Filled(12_000, budget: 105))
            Assert.Equal(OperatingSystem.IsWindows() ? 1 : 0, Directory.EnumerateFileSystemEntries(_folder).Count());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void A_disposed_cache_says_so()
    {
        var cache = Filled(12, budget: 105 * 6);
        cache.Dispose();
        cache.Dispose();
        Assert.Throws<ObjectDisposedException>(() => cache.ReadPixels(0, new byte[105]));
        Assert.Throws<ObjectDisposedException>(() => cache.ReadPixels(11, new byte[105]));
        Assert.Throws<ObjectDisposedException>(() => cache.Add(new byte[105], 0));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_named_before_the_first_row_comes()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllBytes(file, []);
        using var cache = new DecodedCache(_shape, ["a", "b"]) { MemoryBudget = 105 * 10, Directory = file };
        cache.Expect(10);
        var error = Assert.Throws<IOException>(() => cache.Expect(11));
        Assert.Matches(
            @"^The decoded images are more than the memory budget, and the file '.*tfkd-[0-9a-f]{32}\.pixels' cannot take them: .+ Choose another folder or a larger budget\.$",
            error.Message);
        Assert.Contains($"'{file}{Path.DirectorySeparatorChar}tfkd-", error.Message, StringComparison.Ordinal);
        // Nothing was said of how many come: the rows of the budget are taken, and the next one is not.
        for (var row = 0; row < 10; row++)
            Add(cache, row);
        Assert.Throws<IOException>(() => Add(cache, 10));
        Assert.Equal(10, cache.Count);
        CheckRows(cache, [0, 9]);
    }

    [Fact]
    public void A_disk_that_is_too_small_is_told_of_before_the_first_row_comes()
    {
        using var cache = new DecodedCache(_shape, ["a"]) { MemoryBudget = 105, Directory = _folder };
        var error = Assert.Throws<IOException>(() => cache.Expect(long.MaxValue / 105));
        Assert.Matches(
            @"cannot take them: its 87841638446235959 rows need 9223372036854775695 bytes, but [0-9]+ are free\. Choose", error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void A_write_that_fails_names_the_file_and_what_is_needed()
    {
        // A file that is open for reading only fails as a full disk does: when it is written.
        var path = Path.Combine(_folder, "tfkd-x.pixels");
        File.WriteAllBytes(path, []);
        using var pixels = new FilePixels(File.OpenHandle(path), path, rowBytes: 1 << 20);
        pixels.Add(new byte[1 << 20]);
        var error = Assert.Throws<IOException>(() => pixels.Add(new byte[1 << 20]));
        Assert.Matches(
            @"^The file of decoded images '.*tfkd-x\.pixels' has 0 bytes and needs 1048576 more at least, of [0-9]+ that are free: .+ Choose another folder or a larger memory budget\.$", error.Message);
        Assert.Throws<IOException>(() => pixels.Add(new byte[1 << 20]));
    }

    [Fact]
    public void A_file_that_was_cut_short_is_named()
    {
        var path = Path.Combine(_folder, "tfkd-x.pixels");
        using var pixels = new FilePixels(
            File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite), path, rowBytes: 1 << 20);
        for (var row = 0; row < 3; row++)
            pixels.Add(new byte[1 << 20]);
        using (var other = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            other.SetLength((1 << 20) + 5);
        Assert.Equal(
            $"The file of decoded images '{path}' ended at byte 1048581, within row 1 of 2: another program cut it short.",
            Assert.Throws<IOException>(() => pixels.Read(1, new byte[1 << 20])).Message);
    }

    [Fact]
    public void A_row_that_is_not_kept_is_decoded_from_its_file_each_time()
    {
        var path = Path.Combine(_folder, "photo.png");
        var encoded = Images.Encode(40, 30, (x, y) => new((byte)(x * 6), (byte)(y * 8), 90));
        File.WriteAllBytes(path, encoded);
        using var cache = Filled(3, budget: 105 * 4);
        cache.AddFile(path, 1, weight: 3, []);
        Add(cache, 4);
        Assert.Equal((5, 4, 105 * 4, 0), (cache.Count, cache.KeptCount, cache.BytesInMemory, cache.BytesInFile));
        CheckRows(cache, [0, 2, 4]);
        var (expected, found) = (new byte[105], new byte[105]);
        ImageDecoder.Decode(encoded, _shape, expected);
        cache.ReadPixels(3, found);
        Assert.Equal(expected, found);
        Assert.Equal((1, 3f, path), (cache.GetLabel(3), cache.Extras!.GetWeight(3), cache.Extras.GetFile(3)));

        File.WriteAllBytes(path, encoded[..60]);
        Assert.StartsWith(
            $"The image of '{path}' cannot be used. ", Assert.Throws<ImageDecodingException>(() => cache.ReadPixels(3, found)).Message,
            StringComparison.Ordinal);
        File.Delete(path);
        Assert.Throws<FileNotFoundException>(() => cache.ReadPixels(3, found));
    }

    [Fact]
    public void A_budget_below_0_is_refused() => Assert.StartsWith(
        "MemoryBudget must be 0 or above", Assert.Throws<ArgumentOutOfRangeException>(() =>
            new DecodedCache(_shape, ["a"]) { MemoryBudget = -1 }).Message, StringComparison.Ordinal);

    private DecodedCache Filled(int rows, long budget)
    {
        var cache = new DecodedCache(_shape, ["a", "b"]) { MemoryBudget = budget, Directory = _folder };
        for (var row = 0; row < rows; row++)
            Add(cache, row);
        return cache;
    }

    private static void Add(DecodedCache cache, int row)
    {
        Span<byte> pixels = stackalloc byte[105];
        Draw(row, pixels);
        cache.Add(pixels, row % 2, weight: row);
    }

    private static void CheckRows(DecodedCache cache, ReadOnlySpan<int> rows)
    {
        Span<byte> expected = stackalloc byte[105];
        Span<byte> found = stackalloc byte[105];
        foreach (var row in rows)
        {
            Draw(row, expected);
            cache.ReadPixels(row, found);
            Assert.True(expected.SequenceEqual(found), $"row {row}");
            Assert.Equal((row % 2, row), (cache.GetLabel(row), cache.Extras!.GetWeight(row)));
        }
    }

    private static void Draw(int row, Span<byte> pixels)
    {
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(row * 31 + row / 256 * 7 + i);
    }
}
