namespace TfKd.Tests;

public sealed class ElfVersionNeedsTests
{
    private static byte[] Image() => SyntheticElf.Build(
        ("libm.so.6", ["GLIBC_2.29"]),
        ("libstdc++.so.6", ["GLIBCXX_3.4", "GLIBCXX_3.4.32", "GLIBCXX_3.4.30"]),
        ("libc.so.6", ["GLIBC_2.34"]));

    [Fact]
    public void Make_weak_sets_the_flag_of_that_version_and_nothing_else()
    {
        var (before, after) = (Image(), Image());

        Assert.True(ElfVersionNeeds.MakeWeak(after, "libstdc++.so.6", "GLIBCXX_3.4.32"));

        var changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
        var flags = Assert.Single(changed);
        Assert.Equal(2, after[flags]);
        // The second version of the second library: behind both headers, the first library's version and the first version of its own.
        Assert.Equal(64 + (2 * 56) + (4 * 16) + (16 + 16) + 16 + 16 + 4, flags);
    }

    [Theory]
    [InlineData("libstdc++.so.6", "GLIBCXX_3.4.3")]
    [InlineData("libm.so.6", "GLIBCXX_3.4.32")]
    [InlineData("libstdc++.so", "GLIBCXX_3.4.32")]
    public void Make_weak_of_a_version_that_is_not_needed_changes_nothing(string library, string version)
    {
        var image = Image();

        Assert.False(ElfVersionNeeds.MakeWeak(image, library, version));
        Assert.Equal(Image(), image);
    }

    [Fact]
    public void Make_weak_of_an_image_without_version_needs_changes_nothing()
    {
        Assert.False(ElfVersionNeeds.MakeWeak(SyntheticElf.Build(), "libstdc++.so.6", "GLIBCXX_3.4.32"));
    }

    [Fact]
    public void Make_weak_refuses_what_is_not_elf()
    {
        var exception = Assert.Throws<BadImageFormatException>(() =>
            ElfVersionNeeds.MakeWeak(new byte[200], "libstdc++.so.6", "GLIBCXX_3.4.32"));
        Assert.Equal("Expected a little-endian ELF64 image.", exception.Message);
    }

    [Fact]
    public void Make_weak_of_an_image_cut_short_anywhere_is_refused_or_finds_nothing()
    {
        var image = Image();
        for (var length = 0; length < image.Length; length++)
        {
            var part = image[..length];
            try
            {
                ElfVersionNeeds.MakeWeak(part, "libstdc++.so.6", "GLIBCXX_3.4.32");
            }
            catch (BadImageFormatException)
            {
                continue;
            }
            // Enough of it was left to find the version.
            Assert.True(length > 64 + (2 * 56) + (4 * 16));
        }
    }
}
