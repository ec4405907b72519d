using System.Globalization;
using TfKd.Mpi;

namespace TfKd.MpiProbe;

/// <summary>The process that a launcher starts several times. Not named as others that reference it are.</summary>
internal static class EntryPoint
{
    /// <summary>
    /// <c>sums</c>: tries each call. <c>train EPOCHS FOLDER [NETWORK]</c>: trains, with checkpoints in the folder, and each process writes
    /// what it ends with; <c>compare FOLDER FOLDER</c>: whether two of them ended alike. <c>rate NETWORK</c>: how fast that learns;
    /// <c>alone NETWORK</c>: the same without replicas. <c>fail</c>, <c>leave</c>, <c>stop</c>: the process of rank 1 throws, ends, or is
    /// stopped in the first epoch.
    /// </summary>
    private static int Main(string[] args)
    {
        switch (args[0])
        {
            case "alone":
                Rate.Measure(null, args[1]);
                return 0;
            case "compare":
                return Outcome.Read(args[1]).DifferenceFrom(Outcome.Read(args[2])) <= 1e-4 ? 0 : 1;
        }

        using var replicas = MpiReplicas.Join(args[0] == "stop" ? TimeSpan.FromSeconds(3) : null);
        switch (args[0])
        {
            case "sums":
                Calls.Try(replicas);
                return 0;
            case "train":
                Training.Run(replicas, int.Parse(args[1], CultureInfo.InvariantCulture), args[2], args.ElementAtOrDefault(3));
                return 0;
            case "rate":
                Rate.Measure(replicas, args[1]);
                return 0;
            default:
                Training.RunUntil(replicas, args[0]);
                return 0;
        }
    }
}
