using System.Globalization;

namespace TfKd.Tests;

public sealed class InvariantTextTests : IDisposable
{
    private readonly CultureInfo _before = CultureInfo.CurrentCulture;
    private readonly CultureInfo _own = (CultureInfo)CultureInfo.InvariantCulture.Clone();

    public InvariantTextTests()
    {
        _own.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = _own;
    }

    public void Dispose() => CultureInfo.CurrentCulture = _before;

    [Fact]
    public void Numbers_have_points_and_the_culture_is_the_old_one_afterwards()
    {
        Assert.Equal("0,5", 0.5.ToString(CultureInfo.CurrentCulture));

        Assert.Equal("0.5", InvariantText.Of(() => 0.5.ToString(CultureInfo.CurrentCulture)));

        Assert.Same(_own, CultureInfo.CurrentCulture);
    }

    [Fact]
    public void The_culture_is_the_old_one_after_a_failure()
    {
        Assert.Throws<FormatException>(() => InvariantText.Of(() => throw new FormatException()));

        Assert.Same(_own, CultureInfo.CurrentCulture);
    }
}
