using System.Globalization;

namespace TfKd.Mpi;

/// <summary>
/// The processes that <c>mpirun</c>, <c>srun</c> or another launcher of MPI started, as replicas of one training. Each runs the same
/// program; in a pipeline of ML.NET it is <c>Options.Replicas = replicas</c>, with the core <see cref="TrainingPlan.Replicas"/>.
/// </summary>
/// <remarks>
/// The library is that of the machine: Open MPI, MPICH and those of its ABI (Intel MPI, MS-MPI), or one of the ABI of MPI 5. The
/// environment variable <c>TFKD_MPI_LIBRARY</c> names another. Replicas on one machine share its cores out, unless
/// <c>OMP_NUM_THREADS</c> is set. Without a launcher there is one replica, of rank 0.
/// </remarks>
/// <example><code>
/// using var replicas = MpiReplicas.Join();
/// var options = new TorchImageClassificationTrainer.Options { Replicas = replicas };
/// </code></example>
public sealed class MpiReplicas : Replicas, IDisposable
{
    // The calls count with 32 bits, and libraries have had their faults near the end of these.
    private const int MaxCount = 1 << 28;

    private static readonly TimeSpan _defaultDeadline = TimeSpan.FromMinutes(10);
    private static readonly Lock _gate = new();
    private static MpiReplicas? _joined;

    private readonly MpiLibrary _library;
    private readonly CollectiveWatch _watch;
    private bool _isDisposed;

    private unsafe delegate void Part<T>(T* first, int count) where T : unmanaged;

    private MpiReplicas(MpiLibrary library, TimeSpan deadline)
    {
        (_library, Deadline) = (library, deadline);
        (Rank, Count) = library.Initialize();
        Library = library.Version;
        _watch = new CollectiveWatch(TimeProvider.System, deadline, EndAfter);
    }

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <summary>Name and version of the library, as it says them.</summary>
    public string Library { get; }

    /// <summary>How long a call may wait for the other processes before the job is ended.</summary>
    public TimeSpan Deadline { get; }

    /// <summary>Joins the processes of the job: once in a program, at its beginning; later calls give the same replicas.</summary>
    /// <param name="deadline">
    /// How long a process may wait for the others before it ends the job: one of them is stopped, or does something else. Default null: 10
    /// minutes. It must be longer than what one process does alone between two steps, such as a report after the training.
    /// </param>
    /// <returns>The replicas, to be disposed at the end of the program; a process that ends without it ends the job.</returns>
    /// <exception cref="InvalidOperationException">
    /// There is no library of MPI, or it is another than that of the launcher; or the processes have parted already.
    /// </exception>
    public static MpiReplicas Join(TimeSpan? deadline = null)
    {
        if (deadline is { } wanted && wanted <= TimeSpan.Zero)
            throw new ArgumentOutOfRangeException(nameof(deadline), wanted, $"The deadline must be above 0, but is {wanted}.");
        lock (_gate)
        {
            if (_joined is { _isDisposed: true })
                throw new InvalidOperationException("The replicas were disposed, and a process joins them once; join at its beginning.");
            if (_joined is not null)
                return _joined;
            TorchRuntime.EnsureLoaded();
            var library = MpiLibrary.Load(Environment.GetEnvironmentVariable);
            _joined = new MpiReplicas(library, deadline ?? _defaultDeadline);
            RequireLauncher(_joined.Count, library.Name, Environment.GetEnvironmentVariable);
            MachineShare.Take(_joined);
            return _joined;
        }
    }

    /// <inheritdoc/>
    public override unsafe void Sum(Span<float> values) => Call<float>(values, _library.Sum);

    /// <inheritdoc/>
    public override unsafe void Sum(Span<double> values) => Call<double>(values, _library.Sum);

    /// <inheritdoc/>
    public override unsafe void Broadcast(Span<byte> bytes) => Call<byte>(bytes, _library.Broadcast);

    /// <inheritdoc/>
    public override void Abort(string reason)
    {
        Console.Error.WriteLine($"{this} ends the job: {reason}");
        Console.Error.Flush();
        _library.Abort();
    }

    /// <summary>Parts from the other processes, once all of them do.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _watch.Dispose();
        _library.Complete();
    }

    /// <summary>Which replica it is, of how many, and where.</summary>
    public override string ToString() => $"Replica {Rank} of {Count} on {Environment.MachineName}";

    /// <summary>Refuses a library that does not know of the processes that a launcher started.</summary>
    /// <param name="count">Number of processes that the library knows of.</param>
    /// <param name="library">Its name.</param>
    /// <param name="variable">The environment.</param>
    internal static void RequireLauncher(int count, string library, Func<string, string?> variable)
    {
        string[] names = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_NPROCS"];
        var (name, started) = names.Select(name => (name, Number(variable(name)))).FirstOrDefault(pair => pair.Item2 > 1);
        if (count == 1 && started > 1)
            throw new InvalidOperationException(
                $"The launcher started {started} processes ({name}), but the library '{library}' knows of one: it is not the launcher's. "
                    + $"Name the launcher's library in {MpiLibrary.PathVariable}.");
    }

    private unsafe void Call<T>(Span<T> values, Part<T> call) where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _watch.Begin();
        fixed (T* first = values)
        {
            for (var start = 0L; start < values.Length; start += MaxCount)
                call(first + start, (int)Math.Min(values.Length - start, MaxCount));
        }

        _watch.End();
    }

    private static int Number(string? text) => int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private void EndAfter(TimeSpan waited)
    {
        var seconds = waited.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture);
        Abort($"it has waited {seconds} s for the others; one of them is stopped, or does something else. {nameof(Join)} takes a longer "
            + "deadline.");
    }
}
