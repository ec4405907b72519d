using System.Net;

namespace TfKd.MLNet.Tests;

/// <summary>A body that begins at once, and ends when it may.</summary>
internal sealed class HeldContent(SemaphoreSlim held, byte[] body) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(body.AsMemory(0, 10));
        await stream.FlushAsync();
        await held.WaitAsync();
        await stream.WriteAsync(body.AsMemory(10));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
