namespace TfKd.Tests;

/// <summary>README.md is what a user reads in five minutes; what is longer belongs in a guide.</summary>
public sealed class ReadmeSizeTests
{
    private const long Least = 8_000;
    private const long Most = 10_240;

    [Fact]
    public void Readme_has_8000_to_10240_bytes() => Assert.InRange(new FileInfo(Repository.PathOf("README.md")).Length, Least, Most);
}
