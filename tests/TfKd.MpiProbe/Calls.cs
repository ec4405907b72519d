using TfKd.Mpi;

namespace TfKd.MpiProbe;

/// <summary>Each call of replicas, with values that tell one rank from another.</summary>
internal static class Calls
{
    public static void Try(MpiReplicas replicas)
    {
        var (rank, count) = (replicas.Rank, replicas.Count);
        var floats = Enumerable.Range(0, 100_000).Select(i => (float)(i % 1000 + rank)).ToArray();
        replicas.Sum(floats.AsSpan());
        var ofRanks = count * (count - 1) / 2;
        Require(floats.Select((value, i) => value == count * (i % 1000) + ofRanks).All(isRight => isRight), "sum of floats");
        double[] doubles = [1e-12 * (rank + 1), double.NaN, 1];
        replicas.Sum(doubles.AsSpan());
        var isRight = Math.Abs(doubles[0] - 1e-12 * (ofRanks + count)) < 1e-20 && double.IsNaN(doubles[1]) && doubles[2] == count;
        Require(isRight, "sum of doubles");
        var bytes = Enumerable.Range(0, 70_000).Select(i => (byte)(i * (rank + 1))).ToArray();
        replicas.Broadcast(bytes);
        Require(bytes.Select((value, i) => (value, i)).All(pair => pair.value == (byte)pair.i), "broadcast");
        replicas.Broadcast([]);
        RequireNullReferences();
        Console.WriteLine($"{rank} of {count}, {replicas.Library}, {TorchSharp.torch.get_num_threads()} threads");
    }

    // Of the signal that a library of MPI may want for itself.
    private static void RequireNullReferences()
    {
        string? nothing = null;
        try
        {
            Console.WriteLine(nothing!.Length);
        }
        catch (NullReferenceException)
        {
            return;
        }

        Require(false, "null reference");
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
            throw new InvalidOperationException($"{what} came out wrong");
    }
}
