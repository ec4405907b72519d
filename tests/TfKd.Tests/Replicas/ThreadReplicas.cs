using System.Numerics;

namespace TfKd.Tests;

/// <summary>
/// Replicas that are threads of one process: what a run makes of them, without what connects processes. One of them runs at a time, as they
/// share Torch's generator, and the next one while that waits for the others.
/// </summary>
internal sealed class ThreadReplicas : TfKd.Replicas
{
    private readonly Group _group;

    private ThreadReplicas(Group group, int rank) => (_group, Rank) = (group, rank);

    public override int Rank { get; }

    public override int Count => _group.Doubles.Length;

    /// <summary>Why the threads were ended; null: they were not.</summary>
    public string? AbortReason => _group.AbortReason;

    /// <summary>Runs a program once a replica, at one time.</summary>
    /// <returns>What each returned, or threw, by rank.</returns>
    public static (T? Result, Exception? Exception)[] Run<T>(int count, Func<ThreadReplicas, T> program)
    {
        using var group = new Group(count);
        var outcomes = new (T?, Exception?)[count];
        var threads = Enumerable.Range(0, count).Select(rank => new Thread(() =>
        {
            group.Turn.Wait();
            try
            {
                outcomes[rank] = (program(new ThreadReplicas(group, rank)), null);
            }
            catch (Exception exception)
            {
                outcomes[rank] = (default, exception);
            }
            finally
            {
                group.Turn.Release();
            }
        })).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        return outcomes;
    }

    public override void Sum(Span<float> values) => Sum(values, _group.Floats);

    public override void Sum(Span<double> values) => Sum(values, _group.Doubles);

    public override void Broadcast(Span<byte> bytes)
    {
        if (Rank == 0)
            _group.Bytes = bytes.ToArray();
        Meet();
        _group.Bytes.CopyTo(bytes);
        Meet();
    }

    public override void Abort(string reason)
    {
        _group.AbortReason ??= reason;
        _group.Aborted.Cancel();
    }

    private void Sum<T>(Span<T> values, T[][] parts) where T : struct, INumber<T>
    {
        parts[Rank] = values.ToArray();
        Meet();
        values.Clear();
        foreach (var part in parts)
        {
            for (var i = 0; i < values.Length; i++)
                values[i] += part[i];
        }

        Meet();
    }

    private void Meet()
    {
        _group.Turn.Release();
        try
        {
            // Longer than any of these tests takes: a thread that makes another call than the others fails instead of hanging.
            if (!_group.Barrier.SignalAndWait(TimeSpan.FromMinutes(2), _group.Aborted.Token))
                throw new TimeoutException($"Replica {Rank} is alone.");
        }
        catch (OperationCanceledException exception)
        {
            throw new IOException("The replicas were ended.", exception);
        }
        finally
        {
            _group.Turn.Wait();
        }
    }

    private sealed class Group(int count) : IDisposable
    {
        public Barrier Barrier { get; } = new(count);

        public SemaphoreSlim Turn { get; } = new(1);

        public CancellationTokenSource Aborted { get; } = new();

        public string? AbortReason { get; set; }

        public float[][] Floats { get; } = new float[count][];

        public double[][] Doubles { get; } = new double[count][];

        public byte[] Bytes { get; set; } = [];

        public void Dispose()
        {
            Barrier.Dispose();
            Turn.Dispose();
            Aborted.Dispose();
        }
    }
}
