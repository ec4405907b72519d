using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Each case draws another number of values, and the next finds the generator as this one did.</summary>
public sealed class SeededTestsTests(SeededTestsTests.Fixture fixture) : IClassFixture<SeededTestsTests.Fixture>
{
    private readonly long _inConstructor = Draw();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_a_test_draws_does_not_depend_on_those_before_it(int more)
    {
        var inBody = Draw();
        for (var i = 0; i < more; i++)
            Draw();
        var ofConstructors = First(SeededTestsAttribute.ConstructorSeed);
        Assert.Equal((ofConstructors, ofConstructors, First(SeededTestsAttribute.BodySeed)), (fixture.Drawn, _inConstructor, inBody));
    }

    private static long First(long seed)
    {
        random.manual_seed(seed);
        return Draw();
    }

    private static long Draw()
    {
        using var drawn = randint(0, long.MaxValue, [1], ScalarType.Int64);
        return drawn.item<long>();
    }

    public sealed class Fixture
    {
        public long Drawn { get; } = Draw();
    }
}
