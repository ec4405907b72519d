using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Brings the weights of an ONNX file under the keys of a network. Names in such files are the exporter's, so layers are matched by their
/// places: the network is written as a graph itself, and convolutions, batch norms and linear layers of the two graphs are the same where
/// kind, shape and all that comes before are. Of layers that are alike in this, the first is the first.
/// </summary>
internal static class OnnxWeightMatching
{
    // The Microsoft Cognitive Toolkit reads images as blue, green, red.
    private const string BgrProducer = "CNTK";
    private const int MaxListed = 8;

    /// <summary>The weights, which belong to the caller's dispose scope.</summary>
    /// <param name="network">The network; unchanged.</param>
    /// <param name="model">The file.</param>
    /// <param name="head">The layer to leave out, whatever its number of classes is in the file; null: none.</param>
    /// <param name="source">What messages call the file.</param>
    /// <exception cref="InvalidDataException">The layers of the two are not the same.</exception>
    public static Dictionary<string, Tensor> Match(ImageNetwork network, OnnxModel model, NetworkHead? head, string source)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var keys = network.Body.state_dict().Keys.ToHashSet(StringComparer.Ordinal);
        var graph = Graph(network, source);
        var matrices = graph.Constants.Values.Where(constant => !keys.Contains(constant.Name)).ToList();
        var own = new OnnxLayers(graph, places, constant => !keys.Contains(constant.Name)).Layers.ToList();
        var file = new OnnxLayers(model, places, constant => matrices.Any(matrix => matrix.Data.Span.SequenceEqual(constant.Data.Span)));
        var target = head is null ? $"{network.Architecture}" : $"{network.Architecture} without its head '{head.Path}'";
        if (file.Problems.Count > 0)
            throw Misfit(source, target, file.Problems);
        RefuseFolded(source, target, own, file.Layers);
        var theirs = file.Layers.ToList();
        if (head is not null)
            RemoveHead(own, theirs, head);
        var pairs = Pair(own, theirs, out var differences);
        if (differences.Count > 0)
            throw Misfit(source, target, differences);
        return pairs.SelectMany(pair => Read(pair.Own, pair.File, model.Producer == BgrProducer)).ToDictionary(
            entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
    }

    private static OnnxModel Graph(ImageNetwork network, string source)
    {
        var options = new OnnxExportOptions { InputShape = network.Architecture.InputShape, InputType = ScalarType.Float32 };
        try
        {
            return OnnxModel.Read(OnnxExporter.Export(network.Body, options, network.Architecture.GetOnnxEmitters()));
        }
        catch (NotSupportedException error)
        {
            throw new InvalidDataException(
                $"{source} is an ONNX file, whose weights are matched along the network's own graph, but there is none: {error.Message}",
                error);
        }
    }

    private static void RefuseFolded(string source, string target, List<OnnxLayer> own, IReadOnlyList<OnnxLayer> file)
    {
        var norms = own.Count(layer => layer.Kind == OnnxLayerKind.BatchNorm);
        if (norms == 0 || file.Any(layer => layer.Kind == OnnxLayerKind.BatchNorm))
            return;
        throw new InvalidDataException(
            $"{source} does not fit {target}: the network has {norms} batch norms and the file has none. Its exporter folded them into " +
            "the convolutions, and they cannot be told apart again. Export the network as it is trained: in PyTorch, torch.onnx.export " +
            "with training=TrainingMode.PRESERVE and do_constant_folding=False.");
    }

    /// <summary>Takes the head out of both, whatever its number of classes in the file; the file may have none.</summary>
    private static void RemoveHead(List<OnnxLayer> own, List<OnnxLayer> file, NetworkHead head)
    {
        var keys = head.Keys().ToHashSet(StringComparer.Ordinal);
        if (own.FindLastIndex(layer => layer.Weights.Values.Any(tensor => keys.Contains(tensor.Name))) is >= 0 and var index)
        {
            var layer = own[index];
            own.RemoveAt(index);
            // Another layer that reads the same is not mistaken for it: the head has no layer behind it.
            var counterpart = file.FindLastIndex(other =>
                other.Kind == layer.Kind && other.Place == layer.Place && other.Shape.Skip(1).SequenceEqual(layer.Shape.Skip(1)));
            if (counterpart == file.Count - 1 && counterpart >= 0)
                file.RemoveAt(counterpart);
        }
    }

    private static List<(OnnxLayer Own, OnnxLayer File)> Pair(List<OnnxLayer> own, List<OnnxLayer> file, out List<string> differences)
    {
        var pairs = new List<(OnnxLayer Own, OnnxLayer File)>();
        var free = file.GroupBy(layer => layer.Signature).ToDictionary(group => group.Key, group => new Queue<OnnxLayer>(group));
        var missing = new List<OnnxLayer>();
        foreach (var layer in own)
        {
            if (free.TryGetValue(layer.Signature, out var candidates) && candidates.TryDequeue(out var counterpart))
                pairs.Add((layer, counterpart));
            else
                missing.Add(layer);
        }

        var taken = pairs.Select(pair => pair.File).ToHashSet(ReferenceEqualityComparer.Instance);
        var unexpected = file.Where(layer => !taken.Contains(layer)).ToList();
        differences = [.. pairs.SelectMany(pair => Compare(pair.Own, pair.File))];
        differences.AddRange([.. List("missing", missing), .. List("unexpected", unexpected)]);
        if (missing.Count > 0 || unexpected.Count > 0)
        {
            differences.Add(
                "A layer fits where kind, shape and the layers before it are those of the network; behind the first that does not, none "
                    + "does.");
        }

        return pairs;
    }

    private static IEnumerable<string> Compare(OnnxLayer own, OnnxLayer file)
    {
        if (own.Settings != file.Settings)
            yield return $"different: {own.Name}: expected {own.Settings}, found {file.Settings} ({file})";
        foreach (var role in own.Weights.Keys.Where(role => !file.Weights.ContainsKey(role)))
            yield return $"missing: {own.Weights[role].Name} ({file} has no {role})";
        foreach (var role in file.Weights.Keys.Where(role => !own.Weights.ContainsKey(role)))
            yield return $"unexpected: the {role} of {file}; {own.Name} has none";
    }

    private static IEnumerable<string> List(string title, List<OnnxLayer> layers)
    {
        foreach (var layer in layers.Take(MaxListed))
            yield return $"{title}: {layer}";
        if (layers.Count > MaxListed)
            yield return $"{title}: {layers.Count - MaxListed} more";
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> Read(OnnxLayer own, OnnxLayer file, bool isBgr)
    {
        foreach (var (role, target) in own.Weights)
        {
            var tensor = file.Weights[role].ToTensor();
            if (role == "weight" && file.IsTransposed)
                tensor = tensor.t();
            if (role == "weight" && isBgr && OnnxLayers.IsFirst(file) && file.Kind == OnnxLayerKind.Convolution && tensor.shape[1] == 3)
                tensor = tensor.flip(1);
            yield return new(target.Name, tensor);
        }
    }

    private static InvalidDataException Misfit(string source, string target, IEnumerable<string> lines) =>
        new($"{source} does not fit {target}:\n{string.Join('\n', lines)}");
}
