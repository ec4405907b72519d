using System.Collections.Concurrent;
using System.Threading.Channels;

namespace OnnxServing;

/// <summary>
/// Photos as batches of scores, in the order of their list. Each batch is decoded and scored by one thread, and as many batches are in work
/// at once as there are threads: none of them waits for another, as the threads of one computation do at each layer.
/// </summary>
internal sealed class BatchPipeline(OnnxClassifier classifier, PhotoList photos, ShardSettings settings)
{
    // So many are done ahead of one that takes long.
    private const int BatchesAThread = 2;

    private readonly ConcurrentBag<byte[]> _free = [];

    /// <summary>The shard's batches.</summary>
    public async IAsyncEnumerable<ScoredBatch> Read([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        using var threads = new SemaphoreSlim(settings.Threads);
        var batches = Channel.CreateBounded<Task<ScoredBatch>>(new BoundedChannelOptions(BatchesAThread * settings.Threads)
        {
            SingleReader = true,
            SingleWriter = true,
        });
        var producing = Produce(batches.Writer, threads, stop.Token);
        try
        {
            await foreach (var pending in batches.Reader.ReadAllAsync(token))
                yield return await pending;
        }
        finally
        {
            // Whatever ended this, nothing computes any more when it returns.
            await stop.CancelAsync();
            await producing;
            while (batches.Reader.TryRead(out var pending))
                await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Produce(ChannelWriter<Task<ScoredBatch>> writer, SemaphoreSlim threads, CancellationToken token)
    {
        Exception? failure = null;
        try
        {
            List<string> paths = [];
            await foreach (var path in photos.Read(settings.Shard, token))
            {
                paths.Add(path);
                if (paths.Count < settings.Batch)
                    continue;
                await Start(writer, threads, paths, token);
                paths = [];
            }

            if (paths.Count > 0)
                await Start(writer, threads, paths, token);
        }
        catch (Exception exception)
        {
            failure = exception;
        }
        finally
        {
            writer.Complete(failure);
        }
    }

    private async Task Start(
        ChannelWriter<Task<ScoredBatch>> writer, SemaphoreSlim threads, List<string> paths, CancellationToken token)
    {
        if (!await writer.WaitToWriteAsync(token))
            return;
        await threads.WaitAsync(token);
        // A thread of its own: the pool's are for what waits on the batches.
        var scoring = Task.Factory.StartNew(
            () =>
            {
                var pixels = _free.TryTake(out var used) ? used : new byte[settings.Batch * classifier.PixelBytes];
                try
                {
                    return ScoredBatch.Of(classifier, photos.Root, paths, pixels);
                }
                finally
                {
                    _free.Add(pixels);
                    threads.Release();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await writer.WriteAsync(scoring, CancellationToken.None);
    }
}
