using TfKd.Mpi;

namespace TfKd.Tests;

/// <summary>What of joining processes needs none of them.</summary>
public sealed class MpiPartsTests
{
    [Fact]
    public void A_library_that_is_not_there_is_an_error_that_says_what_to_install() => Assert.Equal(
        "No library of MPI was found: tried /no/libmpi.so. Install Open MPI or MPICH (Debian and Ubuntu: openmpi-bin or mpich), or name "
            + "the library in TFKD_MPI_LIBRARY.",
        Assert.Throws<InvalidOperationException>(
            () => MpiLibrary.Load(name => name == MpiLibrary.PathVariable ? "/no/libmpi.so" : null)).Message);

    [Fact]
    public void A_library_of_something_else_is_refused()
    {
        if (!OperatingSystem.IsLinux())
            return;
        Assert.Equal(
            "'libc.so.6' has no function MPI_Init_thread; expected a library of MPI.",
            Assert.Throws<InvalidOperationException>(
                () => MpiLibrary.Load(name => name == MpiLibrary.PathVariable ? "libc.so.6" : null)).Message);
    }

    /// <summary>Each of four would train alone, and write the same checkpoint.</summary>
    [Fact]
    public void A_library_that_is_not_the_launchers_is_refused()
    {
        Assert.Equal(
            "The launcher started 4 processes (PMI_SIZE), but the library 'libmpi.so.40' knows of one: it is not the launcher's. Name the "
                + "launcher's library in TFKD_MPI_LIBRARY.",
            Assert.Throws<InvalidOperationException>(
                () => MpiReplicas.RequireLauncher(1, "libmpi.so.40", name => name == "PMI_SIZE" ? "4" : null)).Message);
        MpiReplicas.RequireLauncher(4, "libmpi.so.40", name => name == "PMI_SIZE" ? "4" : null);
        MpiReplicas.RequireLauncher(1, "libmpi.so.40", _ => null);
    }

    /// <summary>Two machines: on one the replicas are bound to two cores each, on the other they share eight.</summary>
    [Fact]
    public void Replicas_share_the_cores_that_they_may_run_on()
    {
        (string Machine, string Cores, int Count)[] places =
            [("a", "0-1", 2), ("a", "2-3", 2), ("b", "0-7", 8), ("b", "0-7", 8), ("b", "0-7", 8)];
        var threads = ThreadReplicas.Run(5, replicas =>
        {
            var (machine, cores, count) = places[replicas.Rank];
            return MachineShare.ThreadsOf(replicas, machine, cores, count);
        });
        Assert.Equal([2, 2, 2, 2, 2], threads.Select(outcome => outcome.Result));
    }

    [Fact]
    public void A_call_that_waits_longer_than_the_deadline_ends_the_job_once()
    {
        var (clock, waited) = (new SteppingTimers(), new List<double>());
        using var watch = new CollectiveWatch(clock, TimeSpan.FromSeconds(8), time => waited.Add(time.TotalSeconds));
        watch.Begin();
        clock.Step(7);
        watch.End();
        watch.Begin();
        clock.Step(7);
        Assert.Empty(waited);
        clock.Step(2);
        clock.Step(2);
        Assert.Equal([9], waited);
    }

    // Moves on by the step, and fires the timer then.
    private sealed class SteppingTimers : TimeProvider
    {
        private long _seconds;
        private Action _fire = () => { };

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new Timer();
        }

        public void Step(long seconds)
        {
            _seconds += seconds;
            _fire();
        }

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
