using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The first layers of another network, for one that begins like it and is narrower or shallower behind: a small student that starts from
/// its teacher. From the images on, in the order of registration, layers are taken as long as the other network has one of the same path
/// and shapes; from the first that it lacks the network's own random weights stay, and so does the head. Blocks that the network leaves
/// out at the end of a stage are passed over.
/// </summary>
/// <param name="Weights">The weights of the other network.</param>
/// <example><code>
/// var options = new TorchImageClassificationTrainer.Options
/// {
///     Network = new ResNet { StageBlocks = [2, 2, 2] },
///     InitialWeights = new FirstLayers(Pretrained.ResNet18),
/// };
/// </code></example>
public sealed record FirstLayers(InitialWeights Weights) : InitialWeights
{
    /// <summary>The weights of the other network.</summary>
    public InitialWeights Weights { get; init => field = Require.NotNull(value); } = Require.NotNull(Weights);

    /// <summary>The other network, whatever its input shape. Default null: what the weights say (those of packages do).</summary>
    public NetworkArchitecture? Architecture { get; init; }

    /// <inheritdoc/>
    public override string Fingerprint => $"{nameof(FirstLayers)} {Weights.Fingerprint}";

    /// <summary>That of the other network, whose layers look at the images.</summary>
    public override ChannelStatistics? Normalization => Weights.Normalization;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">
    /// It is not known of which network the weights are, or its first layer is another.
    /// </exception>
    public override void ApplyTo(ImageNetwork network, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(classNames);
        var architecture = Architecture ?? Weights.GetArchitecture() ?? throw new InvalidOperationException(
            $"{Weights} does not say of which network it is; set {nameof(Architecture)}.");
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var other = (architecture with { InputShape = network.Architecture.InputShape }).Build(classNames.Count);
        Weights.ApplyTo(other, classNames);
        var (from, to) = (ByLayer(other), ByLayer(network));
        var shared = LayersOf(network).TakeWhile(layer => from.TryGetValue(layer, out var theirs) && Fits(theirs, to[layer])).ToList();
        if (shared.Count == 0)
        {
            throw new InvalidOperationException(
                $"{network.Architecture} has no first layer in common with {architecture}, whose weights are {Weights}.");
        }

        foreach (var layer in shared)
        {
            foreach (var (key, tensor) in to[layer])
                tensor.copy_(from[layer][key]);
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{nameof(FirstLayers)} {{ Weights = {Weights}{(Architecture is null ? "" : $", Architecture = {Architecture}")} }}";

    // The head's classes may be others, and are new where they are not.
    private static IEnumerable<string> LayersOf(ImageNetwork network)
    {
        var head = NetworkHead.TryFind(network)?.Path;
        return network.Body.named_parameters().Select(entry => Owner(entry.name)).Distinct().TakeWhile(layer => layer != head);
    }

    private static Dictionary<string, Dictionary<string, Tensor>> ByLayer(ImageNetwork network) => network.Body.state_dict()
        .GroupBy(entry => Owner(entry.Key), StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.ToDictionary(), StringComparer.Ordinal);

    private static bool Fits(Dictionary<string, Tensor> theirs, Dictionary<string, Tensor> own) =>
        own.Count == theirs.Count
        && own.All(entry => theirs.TryGetValue(entry.Key, out var other) && entry.Value.shape.AsSpan().SequenceEqual(other.shape));

    private static string Owner(string key) => key.LastIndexOf('.') is >= 0 and var dot ? key[..dot] : "";
}
