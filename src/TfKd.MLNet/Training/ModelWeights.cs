using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet;

/// <summary>
/// The weights of a trained model, to go on from: classes that it knows keep their rows of the head, whatever their number in it was; rows
/// of new classes stay random.
/// </summary>
internal sealed record ModelWeights : InitialWeights
{
    private readonly TorchImageClassificationModel _model;

    public ModelWeights(TorchImageClassificationModel model) => _model = model;

    /// <inheritdoc/>
    public override string Fingerprint => _model.Card.WeightsSha256;

    /// <summary>Those that the model was trained with: its weights fit no others.</summary>
    public override ChannelStatistics Normalization => _model.Normalization;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The model knows classes that are not among the network's.</exception>
    public override void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(classNames);
        var rows = RowsOfOldClasses(classNames);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var weights = _model.ReadWeights();
        var fresh = network.Body.state_dict();
        foreach (var key in NetworkHead.Find(network).Keys())
        {
            // Weights of another network are left to the list of all differences.
            if (weights.TryGetValue(key, out var old) && IsHeadOf(_model.ClassNames.Count, old.shape, fresh[key].shape))
                weights[key] = fresh[key].detach().clone().index_copy_(
                    0, rows.to(fresh[key].device), old.to(fresh[key].dtype).to(fresh[key].device));
        }

        NetworkWeights.Apply(network, weights, "The initial model");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{nameof(ModelWeights)} {{ Weights = {Fingerprint[..12]} }}";

    private static bool IsHeadOf(int classCount, ReadOnlySpan<long> old, ReadOnlySpan<long> fresh) =>
        old.Length > 0 && old[0] == classCount && old[1..].SequenceEqual(fresh[1..]);

    private Tensor RowsOfOldClasses(IReadOnlyList<string> classNames)
    {
        var indices = classNames.Select((name, index) => (name, index)).ToDictionary(
            entry => entry.name, entry => (long)entry.index, StringComparer.Ordinal);
        var lost = _model.ClassNames.Where(name => !indices.ContainsKey(name)).ToList();
        if (lost.Count > 0)
        {
            throw new InvalidOperationException(
                $"The initial model knows the classes [{string.Join(", ", lost)}], which the label column does not have: it has " +
                $"[{string.Join(", ", classNames)}]. To keep them, give the label column all classes, old and new, by the keyData of " +
                "MapValueToKey; rows of old classes keep the network from forgetting them.");
        }

        return tensor(_model.ClassNames.Select(name => indices[name]).ToArray());
    }
}
