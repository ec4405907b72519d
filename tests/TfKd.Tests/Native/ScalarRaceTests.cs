using System.Runtime.InteropServices;

namespace TfKd.Tests;

public class ScalarRaceTests
{
    private const string Lost = "Expected false to be true, but got false.  (Could this error message be improved?)";

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void What_lost_a_scalar_is_computed_again(int lost)
    {
        var calls = 0;
        Assert.Equal(5, ScalarRace.Survive(() => calls++ < lost ? throw new LibtorchException(Lost) : 5));
        Assert.Equal(lost + 1, calls);
    }

    [Theory]
    [InlineData(Lost, 3)]
    [InlineData("mat1 and mat2 shapes cannot be multiplied", 1)]
    public void What_stays_wrong_is_thrown(string message, int expected)
    {
        var calls = 0;
        var exception = Assert.Throws<LibtorchException>(() => ScalarRace.Survive<int>(() =>
        {
            calls++;
            throw new LibtorchException(message);
        }));
        Assert.Equal((message, expected), (exception.Message, calls));
    }

    // What TorchSharp throws is the runtime's to make.
    private sealed class LibtorchException(string message) : ExternalException(message);
}
