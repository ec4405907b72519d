using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The layer of a network that gives the logits: the last Linear or Conv2d with as many outputs as there are classes, in the order of
/// registration.
/// </summary>
/// <param name="Path">Its path within the body, such as <c>fc</c> or <c>classifier.1</c>; empty where the body is the layer itself.</param>
/// <param name="Module">The layer.</param>
internal sealed record NetworkHead(string Path, nn.Module Module)
{
    private string Prefix => Path.Length == 0 ? "" : $"{Path}.";

    /// <exception cref="InvalidOperationException">No layer has as many outputs as there are classes.</exception>
    public static NetworkHead Find(ImageNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return TryFind(network) ?? throw new InvalidOperationException(
            $"{network.Architecture} has no head: expected a Linear or Conv2d with {network.ClassCount} outputs, one a class, found "
                + $"{Layers(network)}.");
    }

    /// <summary>Null where there is none.</summary>
    public static NetworkHead? TryFind(ImageNetwork network) =>
        Modules("", network.Body).LastOrDefault(layer => OutputCount(layer.Module) == network.ClassCount);

    /// <summary>The keys of the layer's weights in the body's state dict.</summary>
    public IReadOnlyList<string> Keys() => [.. Module.state_dict().Keys.Select(key => Prefix + key)];

    private static IEnumerable<NetworkHead> Modules(string path, nn.Module module) =>
        module.named_children()
            .SelectMany(child => Modules(path.Length == 0 ? child.name : $"{path}.{child.name}", child.module)).Prepend(new(path, module));

    private static long? OutputCount(nn.Module module) => module switch
    {
        Linear linear => linear.out_features,
        Conv2d convolution => convolution.out_channels,
        _ => null,
    };

    private static string Layers(ImageNetwork network)
    {
        var last = Modules("", network.Body).LastOrDefault(layer => OutputCount(layer.Module) is not null);
        return last is null ? "neither" : $"'{last.Path}' with {OutputCount(last.Module)} as the last";
    }
}
