using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Layers that each read the block's input and what all layers before them made; the output is all of it (Huang et al., CVPR 2017, figure
/// 1).
/// </summary>
internal sealed class DenseBlock : nn.Module<Tensor, Tensor>
{
    private readonly List<DenseLayer> _layers = [];
    private readonly Concat concat = new();

    public DenseBlock(long inChannels, int layers, long growthRate, double dropoutRate) : base(nameof(DenseBlock))
    {
        for (var i = 0; i < layers; i++)
        {
            _layers.Add(new DenseLayer(inChannels + i * growthRate, growthRate, dropoutRate));
            // Weight files count from one.
            register_module($"denselayer{i + 1}", _layers[i]);
        }
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        List<Tensor> maps = [input];
        foreach (var layer in _layers)
            maps.Add(layer.call([.. maps]));
        return concat.call([.. maps]).MoveToOuterDisposeScope();
    }
}
