namespace TfKd;

/// <summary>
/// The processes that train one network together, each on its share of every batch (data parallelism): the gradients of all are summed, and
/// each takes the same step. All of them run the same program on the same rows. Processes are started and connected by what the machines
/// have for that; the package TfKd.Mpi joins those of <c>mpirun</c>, Slurm and others.
/// </summary>
/// <remarks>
/// Each call is collective: every process makes it, in the same order, and it returns when all have. Deriving is all it takes to bring a
/// transport of your own. A run calls from one thread at a time.
/// </remarks>
public abstract class Replicas
{
    /// <summary>
    /// The number of this process, from 0 to <see cref="Count"/> - 1. That of rank 0 writes checkpoints and has the callbacks; all of them
    /// end with the same network.
    /// </summary>
    public abstract int Rank { get; }

    /// <summary>Number of processes, 1 or above.</summary>
    public abstract int Count { get; }

    /// <summary>Replaces values by their sums over all processes, the same bits in each.</summary>
    /// <param name="values">As many in each process.</param>
    /// <exception cref="IOException">The processes are not connected any more.</exception>
    public abstract void Sum(Span<float> values);

    /// <summary>Replaces values by their sums over all processes, the same bits in each.</summary>
    /// <param name="values">As many in each process.</param>
    /// <exception cref="IOException">The processes are not connected any more.</exception>
    public abstract void Sum(Span<double> values);

    /// <summary>Replaces bytes by those of the process of rank 0.</summary>
    /// <param name="bytes">As many in each process.</param>
    /// <exception cref="IOException">The processes are not connected any more.</exception>
    public abstract void Broadcast(Span<byte> bytes);

    /// <summary>
    /// Ends all processes: this one failed, and the others would wait for it for ever. The only call that is not collective; it may end
    /// this process, too, and not return.
    /// </summary>
    /// <param name="reason">What failed, for whoever reads the output of the job.</param>
    public abstract void Abort(string reason);
}
