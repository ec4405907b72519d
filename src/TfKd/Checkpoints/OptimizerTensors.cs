using System.Reflection;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// An optimiser's state as named tensors. TorchSharp's own form takes contiguous tensors only, and momentum follows the layout of the
/// weights. It keeps a state object a parameter, whose public fields are all there is: buffers, and a count of steps.
/// </summary>
internal static class OptimizerTensors
{
    public static IEnumerable<KeyValuePair<string, Tensor>> Read(OptimizerHelper optimizer)
    {
        foreach (var (key, _, state, field) in Fields(optimizer))
        {
            switch (field.GetValue(state))
            {
                case Tensor buffer:
                    yield return KeyValuePair.Create(key, buffer);
                    break;
                case long count:
                    yield return KeyValuePair.Create(key, tensor(count));
                    break;
            }
        }
    }

    /// <summary>Puts tensors that <see cref="Read"/> gave into an optimiser of the same kind and parameters.</summary>
    public static void Apply(OptimizerHelper optimizer, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parameters = optimizer.parameters().ToList();
        foreach (var (key, index, state, field) in Fields(optimizer))
        {
            if (!tensors.TryGetValue(key, out var value))
                continue;
            if (field.FieldType == typeof(long))
            {
                field.SetValue(state, value.item<long>());
                continue;
            }

            // In the layout of the parameter, as the optimiser itself would have made it.
            (field.GetValue(state) as Tensor)?.Dispose();
            field.SetValue(state, zeros_like(parameters[index]).copy_(value).DetachFromDisposeScope());
        }
    }

    private static IEnumerable<(string Key, int Index, OptimizerState State, FieldInfo Field)> Fields(OptimizerHelper optimizer) =>
        from entry in optimizer.state_dict().State.Select((state, index) => (State: state, Index: index))
        from field in entry.State.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance)
        where field.FieldType == typeof(Tensor) || field.FieldType == typeof(long)
        select ($"{entry.Index}.{field.Name}", entry.Index, entry.State, field);
}
