using System.Runtime.InteropServices;

namespace TfKd;

/// <summary>
/// What TorchSharp's scalars can do: one that is made for a call, were it the factor 1 of a sum, may be collected while libtorch reads it.
/// It is so rare that only work of very many small calls meets it, beside which much is collected.
/// </summary>
internal static class ScalarRace
{
    private const int MostAttempts = 3;

    // What libtorch says of a scalar of no type.
    private const string Sign = "Expected false to be true";

    /// <summary>Whether it is what an error of libtorch's tells of.</summary>
    public static bool IsCauseOf(ExternalException exception) => exception.Message.StartsWith(Sign, StringComparison.Ordinal);

    /// <summary>Computes, and again where a scalar was lost.</summary>
    /// <param name="compute">What leaves nothing behind where it throws.</param>
    public static T Survive<T>(Func<T> compute)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return compute();
            }
            catch (ExternalException exception) when (attempt < MostAttempts && IsCauseOf(exception))
            {
                // Nothing is wrong with what was asked for.
            }
        }
    }

    /// <summary>Says of what cannot be computed again, a step of a run, that nothing is wrong with it.</summary>
    /// <param name="run">Computes.</param>
    /// <exception cref="InvalidOperationException">A scalar was lost.</exception>
    public static T Explain<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (ExternalException exception) when (IsCauseOf(exception))
        {
            throw new InvalidOperationException(
                "TorchSharp freed a number while libtorch was reading it, as it does once in millions of operations. Nothing is wrong with "
                    + "the run: start it again; one with checkpoints goes on from the last.",
                exception);
        }
    }
}
