using static TorchSharp.torch;

namespace TfKd;

/// <summary>Writes the nodes of one type of leaf module. Derive from <see cref="OnnxEmitter{TModule}"/>.</summary>
public abstract class OnnxEmitter
{
    private protected OnnxEmitter()
    {
    }

    internal abstract bool Handles(nn.Module module);

    internal abstract bool Overwrites(nn.Module module);

    internal abstract string Emit(nn.Module module, OnnxLeaf leaf);
}

/// <summary>
/// Writes the nodes of one type of leaf module. Pass an instance to <see cref="OnnxExporter"/> to export a module of your own.
/// </summary>
/// <typeparam name="TModule">
/// The module's type. It returns one tensor and takes one, two or an array of them: a <c>nn.Module&lt;Tensor, Tensor&gt;</c>, a
/// <c>nn.Module&lt;Tensor, Tensor, Tensor&gt;</c> or a <c>nn.Module&lt;Tensor[], Tensor&gt;</c>.
/// </typeparam>
#pragma warning disable RS0022 // Deriving from this class, and not from the one without a type, is what is meant.
public abstract class OnnxEmitter<TModule> : OnnxEmitter where TModule : nn.Module
#pragma warning restore RS0022
{
    internal sealed override bool Handles(nn.Module module) => module is TModule;

    internal sealed override bool Overwrites(nn.Module module) => OverwritesInput((TModule)module);

    internal sealed override string Emit(nn.Module module, OnnxLeaf leaf) => Emit((TModule)module, leaf);

    /// <summary>
    /// Writes the nodes of one call and returns the name of its output; the input's name where the module changes nothing.
    /// </summary>
    protected abstract string Emit(TModule layer, OnnxLeaf leaf);

    /// <summary>Whether the module stores its result where its first input was, as an in-place activation does. Default: false.</summary>
    protected virtual bool OverwritesInput(TModule layer) => false;
}
