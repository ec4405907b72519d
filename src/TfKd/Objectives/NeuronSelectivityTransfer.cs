using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The distance between where the channels of the student and those of the teacher respond, as two sets of maps in no order: the squared
/// maximum mean discrepancy of a stage. The bare term.
/// </summary>
/// <remarks>
/// <para>With the map of each channel as a vector of length 1 over the positions, and k(a, b) = (a b)^2: the mean of k over all pairs of
/// channels of the teacher, plus that of the student, minus twice that of pairs of both; a mean over samples. Channels may differ in
/// number; where heights or widths differ, the larger feature is averaged down to the smaller. Nothing is trained.</para>
/// <para>Usual weight: <c>new CrossEntropy() + 50 * new NeuronSelectivityTransfer()</c>.</para>
/// <para>Huang and Wang, 'Like What You Like: Knowledge Distill via Neuron Selectivity Transfer', arXiv 1707.01219, 2017, with the
/// polynomial kernel of degree 2 and constant 0.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 50 * new NeuronSelectivityTransfer();
/// </code></example>
public sealed record NeuronSelectivityTransfer : StagePairObjective
{
    /// <inheritdoc/>
    protected override Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input)
    {
        var (smallStudent, smallTeacher) = FeatureStages.SameSize(student, teacher);
        var (ours, theirs) = (Maps(smallStudent), Maps(smallTeacher));
        return input.MeanOverRows(Kernel(theirs, theirs) + Kernel(ours, ours) - 2 * Kernel(ours, theirs), "neuron_selectivity_transfer");
    }

    private static Tensor Maps(Tensor feature) => nn.functional.normalize(feature.flatten(2), dim: 2);

    private static Tensor Kernel(Tensor a, Tensor b) => a.bmm(b.transpose(1, 2)).square().mean([1, 2]);
}
