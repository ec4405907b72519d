using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What <see cref="SoftmaxRegressionRepresentation"/> trains: the student's channels to the teacher's.</summary>
internal sealed class SoftmaxRegressionState : ObjectiveState
{
    // The fields' names are the keys of checkpoints.
    private readonly Linear linear;
    private readonly BatchStandardization norm;

    public SoftmaxRegressionState(int inputs, int outputs) : base(nameof(SoftmaxRegressionState))
    {
        linear = nn.Linear(inputs, outputs, hasBias: false);
        norm = new BatchStandardization(outputs);
        RegisterComponents();
    }

    /// <summary>Embeddings of the teacher's size, [N,C].</summary>
    /// <param name="positions">The student's feature, [N,P,channels].</param>
    /// <param name="rowWeights">[N], or null.</param>
    public Tensor Embed(Tensor positions, Tensor? rowWeights) =>
        nn.functional.relu(norm.Of(linear.call(positions), rowWeights)).mean([1]);
}
