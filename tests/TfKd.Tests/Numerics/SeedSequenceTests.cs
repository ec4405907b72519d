namespace TfKd.Tests;

/// <summary>Seeds are what two versions of the library have in common: another number here makes all runs other runs.</summary>
public sealed class SeedSequenceTests
{
    /// <summary>The first are the first outputs of SplitMix64 for these seeds, as its authors and others publish them.</summary>
    [Theory]
    [InlineData(0, new long[0], 0xE220A8397B1DCDAF)]
    [InlineData(1234567, new long[0], 6457827717110365317)]
    [InlineData(-1, new long[0], 0xE4D971771B652C20)]
    [InlineData(0, new long[] { 0 }, 0)]
    [InlineData(7, new long[] { 1 }, 441775961907197566)]
    [InlineData(7, new long[] { 1, 2 }, 4518248903758238971)]
    [InlineData(7, new long[] { 2, 1 }, 13711381735170024668)]
    [InlineData(-5, new long[] { 3, 10 }, 12540909087971288472)]
    public void Derived_seeds_are_those_of_another_implementation(long seed, long[] parts, ulong expected) =>
        Assert.Equal(expected, SeedSequence.Derive(seed, parts));

    [Theory]
    [InlineData(0, 1896895516)]
    [InlineData(1234567, 751790091)]
    [InlineData(-1, 1919727803)]
    public void Seeds_for_generators_are_the_highest_31_bits(long seed, int expected) =>
        Assert.Equal(expected, SeedSequence.DeriveInt32(seed));
}
