using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Becomes infinite at a step, or only its gradient does: the slope of a square root at 0.</summary>
internal sealed record BreakingObjective : Objective
{
    public required int Step { get; init; }

    public bool IsInfinite { get; init; }

    public override ObjectiveNeeds Needs => ObjectiveNeeds.None;

    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var nothing = input.Student.Logits.sum(1) * 0;
        var perRow =
            input.Progress.Step < Step
                ? nothing
                : IsInfinite
                    ? nothing.sub(1).log().abs().nan_to_num(nan: double.PositiveInfinity, posinf: double.PositiveInfinity)
                    : nothing.sqrt();
        return input.MeanOverRows(perRow, "breaking");
    }
}
