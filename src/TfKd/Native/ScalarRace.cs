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
            catch (ExternalException exception)
                when (attempt < MostAttempts && exception.Message.StartsWith(Sign, StringComparison.Ordinal))
            {
                // Nothing is wrong with what was asked for.
            }
        }
    }
}
