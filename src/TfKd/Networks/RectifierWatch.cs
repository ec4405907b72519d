using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Keeps what the rectifier at the end of a stage reads, where there is one.</summary>
internal sealed class RectifierWatch
{
    // Of one module's hooks nobody says which comes first: where the stage is the rectifier there is nothing to compare.
    private readonly bool _isStage;

    private Tensor? _read;
    private Tensor? _returned;

    /// <param name="stage">The stage.</param>
    /// <param name="remove">Takes what ends it.</param>
    public RectifierWatch(nn.Module stage, List<Action> remove)
    {
        var last = LastPart(stage);
        _isStage = IsRectifier(stage);
        foreach (var module in last.modules().Prepend(last).Distinct().OfType<nn.Module<Tensor, Tensor>>())
        {
            if (!IsRectifier(module))
                continue;
            remove.Add(module.register_forward_pre_hook((_, input) =>
            {
                // A copy: it may work in place.
                _read?.Dispose();
                _read = input.clone().DetachFromDisposeScope();
                return input;
            }).remove);
            remove.Add(module.register_forward_hook((_, _, output) => _returned = output).remove);
        }

        remove.Add(() => _read?.Dispose());
    }

    /// <summary>What a rectifier made the stage's result of; null: none did.</summary>
    /// <param name="output">The stage's result.</param>
    public Tensor? Take(Tensor output)
    {
        var (read, isLast) = (_read, _isStage || ReferenceEquals(_returned, output));
        (_read, _returned) = (null, null);
        if (isLast)
            return read;
        read?.Dispose();
        return null;
    }

    private static bool IsRectifier(nn.Module module) => module is ReLU or ReLU6;

    private static nn.Module LastPart(nn.Module module)
    {
        while (module is Sequential && module.children().LastOrDefault() is { } last)
            module = last;
        return module;
    }
}
