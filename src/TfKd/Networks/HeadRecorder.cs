using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Hears what a network's head reads, the embedding of the images, as <see cref="OnnxExportOptions.EmbeddingName"/> has it, in Torch: in
/// one forward pass, or in one for each of several orientations.
/// </summary>
internal sealed class HeadRecorder : IDisposable
{
    private readonly ImageNetwork _network;
    private readonly Action _removeHook;
    private readonly string _path;
    private readonly List<Tensor> _inputs = [];
    private bool _isListening;

    /// <exception cref="InvalidOperationException">No layer has as many outputs as there are classes.</exception>
    public HeadRecorder(ImageNetwork network)
    {
        var head = NetworkHead.Find(network);
        (_network, _path) = (network, head.Path);
        _removeHook = ((nn.Module<Tensor, Tensor>)head.Module).register_forward_pre_hook((_, input) =>
        {
            // A handle of our own: bodies dispose what lies between their parts.
            if (_isListening)
                _inputs.Add(input.alias().DetachFromDisposeScope());
            return input;
        }).remove;
    }

    /// <summary>
    /// The network's logits of images, as <see cref="ImageNetwork.Predict"/>, and what its head read for them, [N,D]: the averages of a
    /// map, the mean of several orientations. Both belong to the caller's dispose scope.
    /// </summary>
    /// <exception cref="InvalidOperationException">The head took no part in the pass, or reads neither vectors nor maps.</exception>
    public (Tensor Logits, Tensor Embedding) Predict(Tensor images)
    {
        _isListening = true;
        try
        {
            return (_network.Predict(images), Embedding());
        }
        finally
        {
            _isListening = false;
            foreach (var input in _inputs)
                input.Dispose();
            _inputs.Clear();
        }
    }

    public void Dispose() => _removeHook();

    private Tensor Embedding()
    {
        if (_inputs.Count == 0)
            throw new InvalidOperationException($"The head '{_path}' took no part in the forward pass.");
        using var scope = NewDisposeScope();
        List<Tensor> vectors = [.. _inputs.Select(Vectors)];
        return (vectors.Count == 1 ? vectors[0] : stack(vectors).mean([0])).MoveToOuterDisposeScope();
    }

    private Tensor Vectors(Tensor input) => input.dim() switch
    {
        2 => input.to(ScalarType.Float32, copy: true),
        4 => input.mean([2, 3], type: ScalarType.Float32),
        _ => throw new InvalidOperationException(
            $"The head '{_path}' must read a vector or a map an image, but reads {Require.ShapeText(input)}."),
    };
}
