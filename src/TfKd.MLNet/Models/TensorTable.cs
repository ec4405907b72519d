namespace TfKd.MLNet;

/// <summary>Names and shapes of the tensors of a model, as its card and its weights say them.</summary>
internal static class TensorTable
{
    /// <exception cref="InvalidDataException">The weights are cut short, or not in safetensors layout.</exception>
    public static Dictionary<string, IReadOnlyList<long>> Read(byte[] weights)
    {
        using var stream = new MemoryStream(weights, writable: false);
        return Of(SafeTensorsHeader.Read(stream, WeightParts.Name));
    }

    public static Dictionary<string, IReadOnlyList<long>> Of(SafeTensorsHeader header) =>
        header.Tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape);

    /// <summary>All differences at once, one a line; empty where there are none.</summary>
    public static IEnumerable<string> Differences(
        IReadOnlyDictionary<string, IReadOnlyList<long>> expected, IReadOnlyDictionary<string, IReadOnlyList<long>> found)
    {
        foreach (var (name, shape) in expected)
        {
            if (!found.TryGetValue(name, out var other))
                yield return $"missing: {name} {Text(shape)}";
            else if (!shape.SequenceEqual(other))
                yield return $"different: {name}: expected {Text(shape)}, found {Text(other)}";
        }

        foreach (var (name, shape) in found)
        {
            if (!expected.ContainsKey(name))
                yield return $"unexpected: {name} {Text(shape)}";
        }
    }

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(',', shape)}]";
}
