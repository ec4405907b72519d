namespace TfKd.MLNet.Tests;

/// <summary>Embeds by the mean of each channel, scores by their softmax, and counts how it was called.</summary>
internal sealed class FakeScorer(ImageShape shape) : IImageScorer
{
    private int _calls;
    private int _images;

    public int Calls => _calls;

    public int Images => _images;

    /// <summary>What was asked for, over all calls.</summary>
    public ScorerOutputs Asked { get; private set; }

    public bool IsDisposed { get; private set; }

    public void Score(ReadOnlyMemory<byte> images, int count, Memory<float> scores, Memory<float> embeddings)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Assert.Equal(count * shape.ByteCount, images.Length);
        Interlocked.Increment(ref _calls);
        Interlocked.Add(ref _images, count);
        var means = Means(images.Span, count * shape.Channels);
        Give(ScorerOutputs.Embedding, means, embeddings);
        Give(ScorerOutputs.Scores, [.. means.Chunk(shape.Channels).SelectMany(Softmax)], scores);
    }

    public void Dispose() => IsDisposed = true;

    private float[] Means(ReadOnlySpan<byte> images, int count)
    {
        var (means, plane) = (new float[count], shape.Height * shape.Width);
        for (var i = 0; i < count; i++)
        {
            var sum = 0;
            foreach (var pixel in images.Slice(i * plane, plane))
                sum += pixel;
            means[i] = sum / (float)plane / 50;
        }

        return means;
    }

    private static float[] Softmax(float[] row)
    {
        var powers = Array.ConvertAll(row, MathF.Exp);
        var total = powers[0] + powers[1] + powers[2];
        return Array.ConvertAll(powers, power => power / total);
    }

    private void Give(ScorerOutputs output, float[] values, Memory<float> target)
    {
        if (target.IsEmpty)
            return;
        Asked |= output;
        Assert.Equal(values.Length, target.Length);
        values.CopyTo(target);
    }
}
