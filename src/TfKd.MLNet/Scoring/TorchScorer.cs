using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet;

/// <summary>Scores with TorchSharp, one block at a time.</summary>
internal sealed class TorchScorer : IImageScorer
{
    private readonly ImageNetwork _network;
    private readonly HeadRecorder? _head;
    private readonly double _temperature;
    private readonly ImageShape _shape;
    // One for all: the switch of kernels holds for the whole process.
    private static readonly Lock _running = new();
    private bool _isDisposed;

    /// <param name="network">In evaluation mode; the scorer's own from now on.</param>
    /// <param name="temperature">What its logits are divided by.</param>
    /// <param name="givesEmbeddings">Whether embeddings can be asked for.</param>
    public TorchScorer(ImageNetwork network, double temperature, bool givesEmbeddings = false)
    {
        (_network, _temperature, _shape) = (network, temperature, network.Architecture.InputShape);
        _head = givesEmbeddings ? new HeadRecorder(network) : null;
    }

    /// <summary>Whether scores are one sigmoid a class; default: they are a softmax.</summary>
    public bool HasSeveralLabels { get; init; }

    public void Score(ReadOnlyMemory<byte> images, int count, Memory<float> scores, Memory<float> embeddings)
    {
        lock (_running)
        {
            if (_isDisposed)
                throw ScoringContext.Disposed();
            _network.EnsurePathFor(_shape, count);
            var path = _network.PathOf(count);
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            using var kernels = path.Enter();
            var pixels = empty(count, _shape.Channels, _shape.Height, _shape.Width, ScalarType.Byte);
            images.Span[..(count * _shape.ByteCount)].CopyTo(pixels.bytes);
            var arranged = path.Arrange(pixels);
            var (logits, embedding) = embeddings.IsEmpty || _head is null
                ? (_network.Predict(arranged), null)
                : _head.Predict(arranged);
            if (!scores.IsEmpty)
                Copy(HasSeveralLabels ? sigmoid(logits / _temperature) : nn.functional.softmax(logits / _temperature, 1), scores.Span);
            if (embedding is not null)
                Copy(embedding, embeddings.Span);
        }
    }

    public void Dispose()
    {
        lock (_running)
        {
            if (!_isDisposed)
            {
                _head?.Dispose();
                _network.Dispose();
            }

            _isDisposed = true;
        }
    }

    private static void Copy(Tensor values, Span<float> target)
    {
        if (values.numel() != target.Length)
            throw new InvalidOperationException(
                $"The network must give {target.Length} numbers for these images, but gives {Require.ShapeText(values)}.");
        values.contiguous().data<float>().CopyTo(target);
    }
}
