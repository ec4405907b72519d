using System.Collections.Concurrent;
using System.Threading.Channels;

namespace OnnxServing;

/// <summary>
/// Photos as batches of pixels, in the order of their list, decoded ahead while others are scored. So many batches are in memory as there
/// are decoders, and three more: one that is scored, one that is taken, one that waits for its place.
/// </summary>
internal sealed class BatchPipeline(OnnxClassifier classifier, PhotoList photos, ShardSettings settings)
{
    private readonly ConcurrentBag<byte[]> _free = [];

    /// <summary>The shard's batches. A batch's pixels are used again once the next one is asked for.</summary>
    public async IAsyncEnumerable<DecodedBatch> Read([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var batches = Channel.CreateBounded<Task<DecodedBatch>>(new BoundedChannelOptions(settings.Decoders)
        {
            SingleReader = true,
            SingleWriter = true,
        });
        var producing = Produce(batches.Writer, stop.Token);
        try
        {
            await foreach (var pending in batches.Reader.ReadAllAsync(token))
            {
                var batch = await pending;
                yield return batch;
                _free.Add(batch.Pixels);
            }
        }
        finally
        {
            // Whatever ended this, nothing decodes any more when it returns.
            await stop.CancelAsync();
            await producing;
            while (batches.Reader.TryRead(out var pending))
                await pending;
        }
    }

    private async Task Produce(ChannelWriter<Task<DecodedBatch>> writer, CancellationToken token)
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
                await Start(writer, paths, token);
                paths = [];
            }

            if (paths.Count > 0)
                await Start(writer, paths, token);
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

    private async Task Start(ChannelWriter<Task<DecodedBatch>> writer, List<string> paths, CancellationToken token)
    {
        if (!await writer.WaitToWriteAsync(token))
            return;
        var pixels = _free.TryTake(out var used) ? used : new byte[settings.Batch * classifier.PixelBytes];
        // A thread of its own: the pool's are for what waits on the batches.
        var decoding = Task.Factory.StartNew(
            () => DecodedBatch.Read(classifier, photos.Root, paths, pixels),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await writer.WriteAsync(decoding, CancellationToken.None);
    }
}
