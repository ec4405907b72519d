using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public class FunctionalGuessTests
{
    // As WideValues have them, and where activations bend.
    private static readonly float[] _numbers =
        [-200, -30, -12, -5, -3, -2.2f, -1.5f, -1, -0.5f, -0.05f, 0, 0.05f, 0.7f, 1, 3, 5.2f, 6, 8, 19.9f, 20.1f, 24, 34, 100];

    [Fact]
    public void What_rules_an_activation_out_is_what_its_layer_makes_of_numbers()
    {
        Assert.All(FunctionalGuesses.Activations.Where(guess => guess.Number is not null), RequireSame);
        Assert.Equal(3, FunctionalGuesses.Activations.Count(guess => guess.Number is null));
    }

    [Theory]
    [InlineData(0.3f, -1.5f)]
    [InlineData(-1, 2)]
    [InlineData(7, 0)]
    public void Lines_are_found_by_their_numbers(float scale, float shift)
    {
        using var scope = NewDisposeScope();
        var (input, result) = (tensor([0.7f, -2.2f, 5.2f, -30]), tensor([0.7f, -2.2f, 5.2f, -30]) * scale + shift);
        var guesses = FunctionalGuesses.Elementwise(TracedValue.Unknown(input), TracedValue.Unknown(result)).ToList();
        Assert.All(guesses, RequireSame);
        var lines = guesses.Select(guess => guess.Make()).OfType<ScaleAndShift>().ToList();
        Assert.Contains(lines, line => (line.Scale, line.Shift) == (scale, shift));
    }

    [Theory]
    [InlineData(0.1f, -1f, 4f)]
    [InlineData(0.25f, -0.5f, 0.7f)]
    public void Slopes_and_limits_are_found_by_their_numbers(float slope, float low, float high)
    {
        using var scope = NewDisposeScope();
        var input = tensor([0.7f, -2.2f, 5.2f, -30]);
        var slopes = Found(input, nn.functional.leaky_relu(input, slope));
        Assert.Contains(slopes, layer => layer is TorchSharp.Modules.LeakyReLU found && found.negative_slope == slope);
        var limits = Found(input, input.clamp(low, high));
        Assert.Contains(limits, layer => layer is Clamp found && (found.Low, found.High) == (low, high));
    }

    private static List<nn.Module<Tensor, Tensor>> Found(Tensor input, Tensor result)
    {
        var guesses = FunctionalGuesses.Elementwise(TracedValue.Unknown(input), TracedValue.Unknown(result)).ToList();
        Assert.All(guesses, RequireSame);
        return [.. guesses.Select(guess => guess.Make())];
    }

    private static void RequireSame(ElementwiseGuess guess)
    {
        if (guess.Number is not { } number)
            return;
        using var scope = NewDisposeScope();
        using var layer = guess.Make();
        var computed = layer.forward(tensor(_numbers)).data<float>().ToArray();
        Assert.All(
            _numbers.Zip(computed),
            pair => Assert.True(
                float.IsNaN(pair.Second) ? float.IsNaN(number(pair.First)) : TensorMatch.Plausible(number, [pair.First], [pair.Second]),
                $"{layer.GetName()} of {pair.First} is {pair.Second} and not {number(pair.First)}"));
    }
}
