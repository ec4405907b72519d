using static TorchSharp.torch;

namespace TfKd;

/// <summary>For layers that return their input in evaluation mode, such as dropout: no node at all.</summary>
internal sealed class PassThroughEmitter<TModule> : OnnxEmitter<TModule> where TModule : nn.Module
{
    protected override string Emit(TModule layer, OnnxLeaf leaf) => leaf.Input.Name;
}
