using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>An objective times a factor that goes linearly from one number to another, epoch by epoch.</summary>
/// <remarks>
/// <para>With S for <see cref="StartEpoch"/> and n for <see cref="Epochs"/> (where that is null, n is the rest of the run, E - S of E
/// epochs), the factor in the epoch of index e, from 0, is From + (To - From) min(max((e + 1 - S) / n, 0), 1). So it is From in the epochs
/// before the ramp, 0 to S - 1, of which there are none where S is 0; From + (To - From) / n in the ramp's first epoch, S; and To in its
/// last, S + n - 1, and ever after. Within an epoch it does not change. In <see cref="Objective.Evaluate"/>, which is a run of one epoch,
/// the defaults give To.</para>
/// <para>The defaults are t / E in the t-th of E epochs. A ramp that has From in the first epoch of the run and To in the last is
/// StartEpoch = 1. Published schedules:</para>
/// <list type="bullet">
/// <item>PS-KD's target (1 - a_t) q + a_t p^t with a_t = 0.8 t / E (Kim, Ji, Yoon and Hwang, 'Self-Knowledge Distillation with Progressive
/// Refinement of Targets', ICCV 2021):
/// <c>new Ramped { Inner = new CrossEntropy(), From = 1, To = 0.2 } + new Ramped { Inner = new SoftTargetKl(), To = 0.8 }</c>, which is the
/// cross entropy with that target less a_t times the teacher's entropy, which no student changes.</item>
/// <item>DKD's warm-up min(t / 20, 1), t counted from 1 as in its code: <c>new Ramped { Inner = new DecoupledKd(), Epochs = 20 }</c>;
/// counted from 0, with StartEpoch = 1 as well.</item>
/// <item>MaxSup's 0.1 + 0.1 e / (E - 1): <c>new Ramped { Inner = new MaxSuppression(), From = 0.1, To = 0.2, StartEpoch = 1 }</c>; where
/// its code divides by E, with Epochs = E as well.</item>
/// </list>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new Ramped { Inner = new DecoupledKd(), From = 0, To = 1, Epochs = 5 };
/// </code></example>
public sealed record Ramped : Objective
{
    /// <summary>What is multiplied.</summary>
    public required Objective Inner { get; init => field = Require.NotNull(value); }

    /// <summary>The factor before the ramp, finite; default 0.</summary>
    public double From { get; init => field = Require.Finite(value); }

    /// <summary>The factor in the last epoch of the ramp and after it, finite; default 1.</summary>
    public double To { get; init => field = Require.Finite(value); } = 1;

    /// <summary>Index, from 0, of the first epoch whose factor has left <see cref="From"/>; 0 or above; default 0.</summary>
    public int StartEpoch { get; init => field = Require.NotNegative(value); }

    /// <summary>Length of the ramp in epochs, above 0; default null: to the end of the run.</summary>
    public int? Epochs { get; init => field = value is { } epochs ? Require.Positive(epochs) : null; }

    /// <summary>What <see cref="Inner"/> needs.</summary>
    public override ObjectiveNeeds Needs => Inner.Needs;

    /// <summary>The factor at a point of a run.</summary>
    public double FactorAt(TrainingProgress progress)
    {
        var done = (double)progress.Epoch + 1 - StartEpoch;
        if (done <= 0)
            return From;
        var share = done / (Epochs ?? progress.MaxEpochs - StartEpoch);
        return share < 1 ? From + (To - From) * share : To;
    }

    /// <inheritdoc/>
    public override IEnumerable<Objective> Parts => [Inner];

    // Between two factors a sum with other terms is another objective in each epoch.
    internal override SmoothedLabel? AsSmoothedLabel(int classCount) => From == To ? To * Inner.AsSmoothedLabel(classCount) : null;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input) => FactorAt(input.Progress) * Inner.Compute(input);

    /// <inheritdoc/>
    protected override bool PrintMembers(StringBuilder builder)
    {
        builder.Append($"Inner = {Inner}, From = {From}, To = {To}, StartEpoch = {StartEpoch}, Epochs = {Epochs?.ToString() ?? "all"}");
        return true;
    }
}
