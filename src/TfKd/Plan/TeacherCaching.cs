namespace TfKd;

/// <summary>Whether the answers of a run's teacher are kept: nothing else decides it.</summary>
internal static class TeacherCaching
{
    private const string Advice = "Leave TeacherCache at null, or set it to TeacherCache.Off.";

    /// <summary>What the plan alone tells: null where nothing is kept, whatever its teacher is.</summary>
    /// <exception cref="InvalidOperationException">
    /// A cache is asked for, and no answer comes again, or the objective asks for more than is kept.
    /// </exception>
    public static TeacherCache? Of(TrainingPlan plan)
    {
        var cache = plan.TeacherCache ?? new TeacherCache();
        if (plan.Teacher is null || cache.IsOff)
            return null;
        var objection = plan switch
        {
            { Mixing: { } mixing } => $"the plan mixes images with {mixing}: each step mixes other rows, and no answer comes again",
            _ when plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherFeatures) =>
                $"{plan.Objective} looks at the teacher's features, which are not kept",
            _ => null,
        };
        return objection is null ? cache : RefuseOrGoWithout(plan, objection);
    }

    /// <summary>The teacher, which keeps its answers from here on where that is asked for, possible and of use.</summary>
    /// <param name="teacher">The plan's teacher.</param>
    /// <param name="plan">The run's plan.</param>
    /// <param name="context">What the teacher was opened with, with the training rows.</param>
    /// <param name="say">Where messages and warnings go.</param>
    /// <exception cref="InvalidOperationException">A cache is asked for, and the teacher's answers cannot be kept.</exception>
    public static Teacher Apply(Teacher teacher, TrainingPlan plan, TeacherContext context, Action<string, bool> say)
    {
        var cache = Of(plan);
        if (cache is not null && teacher.Fingerprint is null)
        {
            cache = RefuseOrGoWithout(plan,
                $"the answers of {plan.Teacher} cannot be kept: it has no {nameof(Teacher.Fingerprint)}, as one has whose answer depends "
                    + "on the pixels and the row alone");
        }

        if (cache is null)
            return teacher;
        var training = context.Training!;
        var format = new TeacherCacheFormat(context.ClassNames.Count, cache.Precision, cache.TopK);
        var extent = new TeacherCacheExtent(training.Count, plan.ViewCount, Repeats: plan.ViewCount < plan.MaxEpochs);
        var rows = context.TrainingFingerprint ?? new(() => SourceFingerprint.Of(training));
        var views = new TeacherCacheViews(cache, format, extent, view => Key().Of(view), say);
        // In one epoch no answer could come again, whatever was set.
        if (views.Keeps || plan.MaxEpochs > 1)
            say(views.Describe(), false);
        return views.Keeps || cache.ChangesNumbers ? new CachedTeacher(teacher, format, views) : teacher;

        // Made where it is asked for: the samples' fingerprint is a pass over all of them.
        TeacherCacheKey Key() => new(teacher.Fingerprint!, context.ClassNames, rows.Value, plan.Augmentations, plan.Seed, format);
    }

    private static TeacherCache? RefuseOrGoWithout(TrainingPlan plan, string objection) => plan.TeacherCache is null
        ? null
        : throw new InvalidOperationException($"TeacherCache is set, but {objection}. {Advice}");
}
