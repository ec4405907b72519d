using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Puts a module into evaluation mode, and each of its parts back into the mode it had when this is disposed: parts of a network in
/// training may be in evaluation mode themselves, as frozen ones are.
/// </summary>
internal sealed class EvaluationMode : IDisposable
{
    private readonly List<(nn.Module Part, bool WasTraining)> _modes;

    public EvaluationMode(nn.Module module)
    {
        _modes = [.. new[] { module }.Concat(module.modules()).Select(part => (part, part.training))];
        module.eval();
    }

    public void Dispose()
    {
        // Parents come before their parts, so each part ends in its own mode.
        foreach (var (part, wasTraining) in _modes)
            part.train(wasTraining);
    }
}
