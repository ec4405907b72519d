using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What an objective keeps over a run: layers that adapt features, or running statistics. Its parameters are trained by the student's
/// optimiser, all its tensors are in the checkpoint, and none of them is in the model that is made.
/// </summary>
/// <param name="name">The module's name, for messages.</param>
public abstract class ObjectiveState(string name) : nn.Module(name)
{
    /// <summary>After the last step of each epoch. Does nothing by default.</summary>
    public virtual void OnEpochEnd()
    {
    }
}
