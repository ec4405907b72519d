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

    [Fact]
    public void A_run_that_lost_one_is_told_to_be_started_again()
    {
        var plan = new TrainingPlan { MaxEpochs = 1, Callbacks = [new Losing(Lost)] };
        var trainer = new Trainer(plan);
        var rows = PatternSource.Create(32);
        using var student = trainer.CreateStudent(new SmallCnn { InputShape = rows.Shape, Width = 4 }, 4);
        var exception = Assert.Throws<InvalidOperationException>(() => trainer.Run(student, rows));
        Assert.StartsWith("TorchSharp freed a number while libtorch was reading it, ", exception.Message, StringComparison.Ordinal);
        Assert.Equal(Lost, Assert.IsType<LibtorchException>(exception.InnerException).Message);

        var other = new Trainer(plan with { Callbacks = [new Losing("Out of memory")] });
        Assert.Throws<LibtorchException>(() => other.Run(student, rows));
    }

    private sealed class Losing(string message) : TrainingCallback
    {
        public override void OnBatchEnd(TrainingState state) => throw new LibtorchException(message);
    }

    // What TorchSharp throws is the runtime's to make.
    private sealed class LibtorchException(string message) : ExternalException(message);
}
