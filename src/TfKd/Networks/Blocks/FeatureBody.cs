using static TorchSharp.torch;

namespace TfKd;

/// <summary>A body whose parts run one after the other: a backbone, then a classifier.</summary>
internal sealed class FeatureBody : nn.Module<Tensor, Tensor>, IFeatureBody, IBackboneParts
{
    private readonly IReadOnlyList<nn.Module<Tensor, Tensor>> _backbone;
    private readonly IReadOnlyList<nn.Module<Tensor, Tensor>> _classifier;

    /// <summary>Takes the parts, under the names that begin their keys in weight files.</summary>
    /// <param name="backbone">All stages, and what follows them without parameters and without chance.</param>
    /// <param name="classifier">The rest, up to the logits.</param>
    public FeatureBody(IReadOnlyList<(string Name, nn.Module<Tensor, Tensor> Part)> backbone,
        IReadOnlyList<(string Name, nn.Module<Tensor, Tensor> Part)> classifier)
        : base(nameof(FeatureBody))
    {
        (_backbone, _classifier) = ([.. backbone.Select(entry => entry.Part)], [.. classifier.Select(entry => entry.Part)]);
        Backbone = backbone;
        foreach (var (name, part) in backbone.Concat(classifier))
            register_module(name, part);
    }

    public IReadOnlyList<(string Name, nn.Module<Tensor, Tensor> Part)> Backbone { get; }

    public override Tensor forward(Tensor images)
    {
        using var features = Extract(images);
        return Classify(features);
    }

    public Tensor Extract(Tensor images) => Run(_backbone, images);

    public Tensor Classify(Tensor features) => Run(_classifier, features);

    private static Tensor Run(IReadOnlyList<nn.Module<Tensor, Tensor>> parts, Tensor input)
    {
        var x = parts[0].call(input);
        foreach (var part in parts.Skip(1))
        {
            // Nobody reads what lies between two parts again; without gradients its memory is free at once.
            using var before = x;
            x = part.call(before);
        }
        return x;
    }
}
