using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Looks for values that no trained network has: one of them makes every answer NaN, or trains to nothing, long after the file was read.
/// </summary>
internal static class WeightValues
{
    private const string VarianceName = "running_var";

    /// <summary>One line for each tensor with such values, by key; empty where all can be used.</summary>
    /// <param name="state">The network's tensors: values are judged as they will be there, in its precision.</param>
    /// <param name="weights">What is to be copied into them, of the same shapes.</param>
    public static List<string> Objections(Dictionary<string, Tensor> state, Dictionary<string, Tensor> weights)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var lines = new List<string>();
        foreach (var (key, target) in state.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            if (weights.TryGetValue(key, out var value) && target.is_floating_point() && value.numel() > 0)
                if (Objection(key, value.detach().to(target.dtype).flatten()) is { } objection)
                    lines.Add(objection);
        return lines;
    }

    private static string? Objection(string key, Tensor values)
    {
        using var scope = NewDisposeScope();
        var broken = values.isfinite().logical_not();
        if (Count(broken) is > 0 and var count)
            return $"{key}: {count} of {values.numel()} values not finite in {values.dtype}, the first is {First(values, broken)}";
        if (!key.EndsWith(VarianceName, StringComparison.Ordinal))
            return null;
        var negative = values < 0;
        return Count(negative) is > 0 and var below
            ? $"{key}: {below} of {values.numel()} variances below 0, the first is {First(values, negative)}"
            : null;
    }

    private static long Count(Tensor mask) => mask.sum().item<long>();

    private static string First(Tensor values, Tensor mask) =>
        FormattableString.Invariant($"{values[mask][0].to(ScalarType.Float64).item<double>()}");
}
