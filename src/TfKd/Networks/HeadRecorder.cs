using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Keeps what a network's head reads in each forward pass, the embedding of the images: as <see cref="OnnxExportOptions.EmbeddingName"/>
/// has it, in Torch.
/// </summary>
internal sealed class HeadRecorder : IDisposable
{
    private readonly Action _removeHook;
    private readonly string _path;
    private Tensor? _input;

    /// <exception cref="InvalidOperationException">No layer has as many outputs as there are classes.</exception>
    public HeadRecorder(ImageNetwork network)
    {
        var head = NetworkHead.Find(network);
        _path = head.Path;
        _removeHook = ((nn.Module<Tensor, Tensor>)head.Module).register_forward_pre_hook((_, input) =>
        {
            // A handle of our own: bodies dispose what lies between their parts.
            _input?.Dispose();
            _input = input.alias().DetachFromDisposeScope();
            return input;
        }).remove;
    }

    /// <summary>What the head read in the last pass, [N,D], the averages of a map; it belongs to the caller's dispose scope.</summary>
    /// <exception cref="InvalidOperationException">The head took no part in the pass, or reads neither vectors nor maps.</exception>
    public Tensor Take()
    {
        using var input = _input ?? throw new InvalidOperationException($"The head '{_path}' took no part in the forward pass.");
        _input = null;
        return input.dim() switch
        {
            2 => input.to(ScalarType.Float32, copy: true),
            4 => input.mean([2, 3], type: ScalarType.Float32),
            _ => throw new InvalidOperationException(
                $"The head '{_path}' must read a vector or a map an image, but reads {Require.ShapeText(input)}."),
        };
    }

    public void Dispose()
    {
        _removeHook();
        _input?.Dispose();
    }
}
