namespace TfKd.MLNet.Tests;

/// <summary>Scores by the mean of each channel, softmaxed, and counts how it was called.</summary>
internal sealed class FakeScorer(ImageShape shape) : IImageScorer
{
    private int _calls;
    private int _images;

    public int Calls => _calls;

    public int Images => _images;

    public bool IsDisposed { get; private set; }

    public void Score(ReadOnlyMemory<byte> images, int count, Memory<float> scores)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Assert.Equal(count * shape.ByteCount, images.Length);
        Assert.Equal(count * shape.Channels, scores.Length);
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _images, count);
        var plane = shape.Height * shape.Width;
        for (var i = 0; i < count; i++)
        {
            var row = scores.Span.Slice(i * shape.Channels, shape.Channels);
            for (var c = 0; c < shape.Channels; c++)
            {
                var sum = 0;
                foreach (var pixel in images.Span.Slice(i * shape.ByteCount + c * plane, plane))
                    sum += pixel;
                row[c] = MathF.Exp(sum / (float)plane / 50);
            }

            var total = row[0] + row[1] + row[2];
            foreach (ref var score in row)
                score /= total;
        }
    }

    public void Dispose() => IsDisposed = true;
}
