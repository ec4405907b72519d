using static TorchSharp.torch;

namespace TfKd;

/// <summary>A body that says of which modules, one after the other, its backbone is: to build another network on it.</summary>
internal interface IBackboneParts
{
    /// <summary>
    /// All that <see cref="IFeatureBody.Extract"/> runs, under the names that begin the keys in weight files; null where that is more than
    /// one after the other.
    /// </summary>
    IReadOnlyList<(string Name, nn.Module<Tensor, Tensor> Part)>? Backbone { get; }
}
