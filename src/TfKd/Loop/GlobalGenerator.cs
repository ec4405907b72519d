using TorchSharp;

namespace TfKd;

/// <summary>
/// The one place that seeds Torch's global generator, which initialisation and dropout draw from and no argument can replace.
/// Two runs side by side in one process share it and are not reproducible.
/// </summary>
internal static class GlobalGenerator
{
#pragma warning disable RS0030 // Banned everywhere else: seeding is a run's own affair.
    public static void Seed(long seed, params ReadOnlySpan<long> purpose) =>
        torch.random.manual_seed(SeedSequence.DeriveInt32(seed, purpose));

    /// <summary>
    /// What computes the same as often as it is called, with the draws that the first call makes. By a seed, which is that of all devices,
    /// and not by the generator's state, which is the CPU's.
    /// </summary>
    public static Func<T> WithSameDraws<T>(Func<T> compute)
    {
        var seed = torch.randint(int.MaxValue, [1], torch.ScalarType.Int64);
        var number = seed.item<long>();
        seed.Dispose();
        return () =>
        {
            torch.random.manual_seed(number);
            return compute();
        };
    }
#pragma warning restore RS0030
}
