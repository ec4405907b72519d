namespace TfKd;

/// <summary>Opens the teacher of a run, and keeps its answers where the plan lets it.</summary>
internal static class TeacherOpening
{
    /// <param name="plan">The run's plan.</param>
    /// <param name="context">What the teacher must fit, with the training rows.</param>
    /// <param name="say">Where messages and warnings go.</param>
    /// <returns>The teacher, which the caller disposes; null where the plan has none.</returns>
    /// <exception cref="InvalidOperationException">
    /// The teacher does not fit, answers rows where images are mixed, or a cache is asked for and its answers cannot be kept.
    /// </exception>
    public static Teacher? Open(TrainingPlan plan, TeacherContext context, Action<string, bool> say)
    {
        var teacher = plan.Teacher?.Open(context);
        if (teacher is null)
            return null;
        try
        {
            if (plan.Mixing is not null && teacher.KnowsTrainingRowsOnly)
                throw PlanValidation.MixesRows(plan);
            return TeacherCaching.Apply(teacher, plan, context, say);
        }
        catch
        {
            teacher.Dispose();
            throw;
        }
    }
}
