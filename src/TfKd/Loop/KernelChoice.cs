namespace TfKd;

/// <summary>Chooses how a run computes, and says so.</summary>
internal static class KernelChoice
{
    /// <param name="plan">The run's plan.</param>
    /// <param name="student">The network, on its device and with its frozen layers frozen.</param>
    /// <param name="shape">Shape of the images.</param>
    /// <param name="batchSizes">Every batch size that will run.</param>
    /// <param name="callbacks">Told of it.</param>
    public static CheckedPath Of(
        TrainingPlan plan, ImageNetwork student, ImageShape shape, IReadOnlyList<int> batchSizes, RunCallbacks callbacks)
    {
        if (student.CheckKernels(shape, batchSizes, plan.Precision) is not { } check)
            return new(ComputePath.OnDevice(plan.Precision), shape, batchSizes);
        callbacks.Say(check.Summary);
        if (check.Warning is { } warning)
            callbacks.Warn(warning);
        var whyNot = Autocast.CanSwitch ? "" : ": this build of libtorch cannot switch it";
        if (check.Path.Precision != plan.Precision)
            callbacks.Warn($"Precision is {plan.Precision}, but the run takes {check.Path.Precision}{whyNot}.");
        else if (plan.Precision == Precision.BFloat16 && !MachineIdentity.HasBFloat16)
            callbacks.Warn("This processor has no instructions for bfloat16: it is emulated, and Float32 is faster.");
        return new(check, shape, batchSizes);
    }
}
