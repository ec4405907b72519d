using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace TfKd.Mpi;

/// <summary>
/// How many of a machine's cores are a replica's. Launchers bind processes to cores, or leave them all the cores of the machine; without a
/// look at it, replicas that are not bound would have as many threads each as the machine has cores.
/// </summary>
internal static class MachineShare
{
    /// <summary>Threads that a replica is to compute with.</summary>
    /// <param name="replicas">The replicas, which each call this.</param>
    /// <param name="machine">The machine's name.</param>
    /// <param name="cores">The cores that the process may run on, as the system names them.</param>
    /// <param name="coreCount">How many these are.</param>
    public static int ThreadsOf(Replicas replicas, string machine, string cores, int coreCount)
    {
        var places = new double[replicas.Count];
        places[replicas.Rank] = NumberOf($"{machine}\n{cores}");
        replicas.Sum(places.AsSpan());
        // Those that are bound have cores of their own.
        return Math.Max(coreCount / places.Count(place => place == places[replicas.Rank]), 1);
    }

    /// <summary>Gives Torch this replica's share, unless the user has said how many threads it is to take.</summary>
    public static void Take(Replicas replicas)
    {
        var threads = ThreadsOf(replicas, Environment.MachineName, Cores(), Environment.ProcessorCount);
        if (Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null)
            set_num_threads(threads);
    }

    private static string Cores() => OperatingSystem.IsLinux()
        ? File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)) ?? ""
        : "";

    // 48 bits: a double has each of them.
    private static double NumberOf(string text) => BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text))) >> 16;
}
