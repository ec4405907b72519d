using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Rows of a source as batches, gathered on a thread of their own a few batches ahead of the network.</summary>
public sealed class BatchLoader
{
    private readonly IImageSource _source;
    private readonly ClassPartners? _partners;
    private readonly bool _haveLabelSets;

    /// <summary>Reads from a source.</summary>
    public BatchLoader(IImageSource source, int batchSize)
    {
        ArgumentNullException.ThrowIfNull(source);
        (_source, BatchSize, _haveLabelSets) = (source, Require.Positive(batchSize), LabelSets.AreIn(source));
    }

    /// <summary>Rows in a batch; the last batch of an epoch has what is left.</summary>
    public int BatchSize { get; }

    /// <summary>How many batches are kept ready. Default 2.</summary>
    public int Prefetch { get; init => field = Require.Positive(value); } = 2;

    /// <summary>Whether shuffled batches come with another row of each row's class. Default false.</summary>
    public bool WithPartners { get; init => (field, _partners) = (value, value ? new ClassPartners(_source) : null); }

    /// <summary>Where the batches go from here. Default: they stay on the CPU.</summary>
    internal Device Destination { get; init; } = CPU;

    /// <summary>What this process takes of each shuffled batch. Default: all.</summary>
    internal ReplicaShare Share { get; init; } = ReplicaShare.Whole;

    /// <summary>Number of batches of a shuffled epoch.</summary>
    public int BatchCount => GroupCount(UsedRows, BatchSize);

    /// <summary>The batch sizes that occur: the full one, and what is left for the last.</summary>
    public IReadOnlyList<int> BatchSizes =>
    [
        .. new[] { Math.Min(BatchSize, _source.Count), _source.Count % BatchSize }.Select(Share.SizeOf).Where(size => size > 0).Distinct(),
    ];

    /// <summary>Optimiser steps of a shuffled epoch.</summary>
    /// <param name="accumulateSteps">Batches a step.</param>
    internal int StepCount(int accumulateSteps) => GroupCount(BatchCount, accumulateSteps);

    /// <summary>The fewest rows in a batch of a shuffled epoch, in any process that has some of it; 0 without rows.</summary>
    internal int SmallestBatch => Share.SmallestOf(UsedRows % BatchSize is > 0 and var rest ? rest : Math.Min(BatchSize, UsedRows));

    // Batch statistics of a single row are of no use, and of a single value an error: a lone last row waits for the next epoch's order.
    private int UsedRows => _source.Count > BatchSize && _source.Count % BatchSize == 1 ? _source.Count - 1 : _source.Count;

    /// <summary>All rows in the order of the source.</summary>
    public IEnumerable<LoadedBatch> ReadInOrder(CancellationToken cancellationToken = default) =>
        Read([.. Enumerable.Range(0, _source.Count)], 0, _source.Count, Gather, cancellationToken);

    /// <summary>The rows in a random order, the same for the same seed and epoch. A last batch of a single row is left out.</summary>
    public IEnumerable<LoadedBatch> ReadShuffled(long seed, int epoch, CancellationToken cancellationToken = default) =>
        ReadShuffled(seed, epoch, 0, cancellationToken);

    /// <summary>The same, from a batch on.</summary>
    internal IEnumerable<LoadedBatch> ReadShuffled(long seed, int epoch, int firstBatch, CancellationToken cancellationToken)
    {
        var order = Enumerable.Range(0, _source.Count).ToArray();
        new Random(SeedSequence.DeriveInt32(seed, SeedPurpose.Shuffling, epoch)).Shuffle(order);
        return Read(order, firstBatch * BatchSize, UsedRows, WithTheirPartners, cancellationToken);

        LoadedBatch WithTheirPartners(int[] all)
        {
            var rows = Share.Take(all, row => RowOrigin.Of(_source, row));
            var batch = Gather(rows) with { TotalRows = all.Length };
            return _partners is null
                ? batch
                : batch with { Partners = Gather(Array.ConvertAll(rows, row => _partners.Of(row, seed, epoch))) };
        }
    }

    // Sizes may be the largest number there is: all of them.
    private static int GroupCount(int count, int size) => count == 0 ? 0 : (count - 1) / size + 1;

    private IEnumerable<LoadedBatch> Read(
        int[] order, int first, int count, Func<int[], LoadedBatch> gather, CancellationToken cancellationToken)
    {
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ready = new BlockingCollection<LoadedBatch>(Prefetch);
        var gathering = Task.Run(() => Fill(ready, order, first, count, gather, abandoned.Token), CancellationToken.None);
        try
        {
            foreach (var batch in ready.GetConsumingEnumerable(cancellationToken))
                yield return batch;
            gathering.GetAwaiter().GetResult();
            // A gathering that was cancelled ends as one that is done does: without this, some rows could pass for all of them.
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            abandoned.Cancel();
            foreach (var batch in ready.GetConsumingEnumerable(CancellationToken.None))
                batch.Dispose();
            // Observes a failure that the consumer did not stay to see.
            ((IAsyncResult)gathering).AsyncWaitHandle.WaitOne();
        }
    }

    private void Fill(BlockingCollection<LoadedBatch> ready, int[] order, int first, int count, Func<int[], LoadedBatch> gather,
        CancellationToken cancellationToken)
    {
        try
        {
            for (var start = first; start < count; start += BatchSize)
            {
                var batch = gather(order[start..Math.Min(start + BatchSize, count)]);
                try
                {
                    ready.Add(batch, cancellationToken);
                }
                catch
                {
                    batch.Dispose();
                    throw;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The consumer left, and knows why.
        }
        catch (OperationCanceledException exception)
        {
            // Whoever reads on would take it for its own.
            throw new IOException($"A row could not be read, as its source gave up: {exception.Message}", exception);
        }
        finally
        {
            ready.CompleteAdding();
        }
    }

    private LoadedBatch Gather(int[] rows)
    {
        var shape = _source.Shape;
        var images = torch.empty(rows.Length, shape.Channels, shape.Height, shape.Width, ScalarType.Byte);
        var labels = new long[rows.Length];
        // Of a batch with fewer rows than processes some have none.
        var pixels = rows.Length == 0 ? [] : images.bytes;
        for (var i = 0; i < rows.Length; i++)
        {
            _source.ReadPixels(rows[i], pixels.Slice(i * shape.ByteCount, shape.ByteCount));
            labels[i] = _source.GetLabel(rows[i]);
        }

        return new LoadedBatch(DeviceCopy.Prepare(images, Destination), DeviceCopy.Prepare(tensor(labels), Destination), rows)
        {
            Indicators = _haveLabelSets
                ? DeviceCopy.Prepare(tensor(LabelSets.Indicators(_source, rows), [rows.Length, _source.ClassNames.Count]), Destination)
                : null,
        };
    }
}
