namespace TfKd;

/// <summary>Opens the teacher of a run, and keeps its answers where the plan lets it.</summary>
internal static class TeacherOpening
{
    /// <param name="plan">The run's plan.</param>
    /// <param name="context">What the teacher must fit, with the training rows.</param>
    /// <param name="say">Where messages and warnings go.</param>
    /// <returns>The teacher, which the caller disposes; null where the plan has none.</returns>
    /// <exception cref="InvalidOperationException">The teacher does not fit, answers rows where images are mixed, or a cache is asked for and its answers cannot be kept.</exception>
    public static ITeacher? Open(TrainingPlan plan, TeacherContext context, Action<string, bool> say)
    {
        var teacher = plan.Teacher?.Open(context);
        if (teacher is null)
            return null;
        try
        {
            if (plan.Mixing is not null && teacher.KnowsTrainingRowsOnly)
                throw new InvalidOperationException($"{plan.Teacher} knows an answer to each row, but the plan mixes images with {plan.Mixing}, and a mixture is none of the rows; use a teacher that looks at the pixels, or no Mixing.");
            return plan.Mixing is null ? Keep(teacher, plan, context, say) : teacher;
        }
        catch
        {
            teacher.Dispose();
            throw;
        }
    }

    private static ITeacher Keep(ITeacher teacher, TrainingPlan plan, TeacherContext context, Action<string, bool> say)
    {
        var cache = plan.TeacherCache ?? new TeacherCache();
        if (cache.IsOff)
            return teacher;
        if (context.WithFeatures)
        {
            return plan.TeacherCache is null
                ? teacher
                : throw new InvalidOperationException($"TeacherCache is set, but {plan.Objective} looks at the teacher's features, which are not kept. Leave TeacherCache at null, or set it to TeacherCache.Off.");
        }

        if (teacher is not IFixedTeacher fixedTeacher)
        {
            return plan.TeacherCache is null
                ? teacher
                : throw new InvalidOperationException($"TeacherCache is set, but the answers of {plan.Teacher} cannot be kept: it is no {nameof(IFixedTeacher)}, one whose answer depends on the pixels and the row alone. Leave TeacherCache at null, or set it to TeacherCache.Off.");
        }

        var training = context.Training!;
        var format = new AnswerFormat(context.ClassNames.Count, cache.Precision, cache.TopK);
        var viewCount = plan.ViewCount;
        var rows = context.TrainingFingerprint ?? new(() => SourceFingerprint.Of(training));
        var shelf = new AnswerShelf(cache, format, training.Count, viewCount, repeats: viewCount < plan.MaxEpochs,
            view => AnswerKey.Of(fixedTeacher.Fingerprint, context.ClassNames, rows.Value, plan.Augmentations, plan.Seed, view, format), say);
        say(shelf.Describe(), false);
        return shelf.Keeps || cache.ChangesNumbers ? new CachedTeacher(fixedTeacher, format, shelf) : teacher;
    }
}
