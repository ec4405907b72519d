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
#pragma warning restore RS0030
}
