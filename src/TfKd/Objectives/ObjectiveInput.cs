using static TorchSharp.torch;

namespace TfKd;

/// <summary>All that an objective may look at. One object, so that a later member breaks nobody.</summary>
/// <param name="Student">The student's output, with gradient.</param>
/// <param name="Targets">What the rows should be classified as.</param>
/// <param name="Teacher">The teacher's answer; null where the plan has no teacher.</param>
/// <param name="Progress">Where the run stands.</param>
/// <param name="Log">Takes the value of each named term.</param>
public sealed record ObjectiveInput(NetworkOutput Student, Targets Targets, TeacherSignal? Teacher, TrainingProgress Progress, LossLog Log)
{
    /// <summary>The one place where rows become a scalar: their mean, weighted by <see cref="Targets.RowWeights"/> where there are any.</summary>
    /// <param name="perRow">One value a row, [N].</param>
    public Tensor MeanOverRows(Tensor perRow)
    {
        ArgumentNullException.ThrowIfNull(perRow);
        if (Targets.RowWeights is not { } weights)
            return perRow.mean();
        using var weighted = perRow * weights;
        return weighted.mean();
    }
}
