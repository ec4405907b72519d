using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Label smoothing whose soft label is what the network itself says of a class: the mean answer to the rows of the class that it got right
/// in the last epoch.
/// </summary>
/// <remarks>
/// <para>(1 - a) H(q, p) + a H(S_(e-1)[c], p), each a mean over samples, with c the sample's class and S_e[c] the mean softmax over the
/// rows of class c whose most probable class was c in epoch e, taken as they pass in training. In the first epoch S is uniform, and the
/// objective is <see cref="LabelSmoothing"/> by a.</para>
/// <para>A class of which no row was right in an epoch keeps the row of S that it has; the authors' code sets it to uniform again. Row
/// weights count in S as they do in the mean: a row of double weight is two rows. S and the sums of the current epoch are [K,K] each, in
/// float64, and part of a checkpoint; computed outside of a run, S is uniform.</para>
/// <para>Zhang, Jiang, Hou, Wei, Han, Li and Cheng, 'Delving Deep into Label Smoothing', IEEE TIP 2021. Their code for fine-grained sets
/// weighs both terms with 1 and leaves rows of S alone whose largest value is 0.88 or more, which is not done here.</para>
/// </remarks>
/// <example><code>
/// var objective = new OnlineLabelSmoothing { Alpha = 0.5 };
/// </code></example>
public sealed record OnlineLabelSmoothing : Objective
{
    /// <summary>Weight a of the soft label, within [0, 1]; default 0.5, the paper's. The cross entropy has 1 - a.</summary>
    public double Alpha { get; init => field = Require.Fraction(value); } = 0.5;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.HardLabels | ObjectiveNeeds.WholeBatch;

    /// <inheritdoc/>
    public override ObjectiveState? CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new OnlineLabels(context.ClassCount);
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var labels = input.RequireLabels();
        var state = input.RequireState<OnlineLabels>(this);
        var logProbabilities = Divergences.LogSoftmax(input.Student.Logits);
        state.Count(logProbabilities, labels, input.Targets.RowWeights);
        var crossEntropy = input.MeanOverRows(Divergences.NegativeLogLikelihood(labels, logProbabilities), "cross_entropy");
        var soft = input.MeanOverRows(
            Divergences.CrossEntropy(state.Of(labels).to(logProbabilities.dtype), logProbabilities), "online_label_smoothing");
        return (1 - Alpha) * crossEntropy + Alpha * soft;
    }
}
