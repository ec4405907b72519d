namespace TfKd;

/// <summary>
/// Whether rows have one label each or may have several, and whether plan and rows agree on it: before the first batch, with what to use
/// instead.
/// </summary>
internal static class LabelKindValidation
{
    /// <summary>Whether the plan is for such rows.</summary>
    public static void CheckPlan(TrainingPlan plan, bool areSeveral)
    {
        if (areSeveral)
            CheckSeveral(plan);
        else if (NotTaking(plan.Objective, objective => objective.TakesOneLabel) is { } objective)
            throw new InvalidOperationException(
                $"{objective} is for rows that may have several labels, but each row has one; use {nameof(CrossEntropy)}, or "
                    + $"{nameof(KnowledgeDistillation)} to learn from a teacher.");
    }

    /// <summary>Whether all rows are of one kind.</summary>
    public static void CheckRows(IImageSource training, IImageSource? validation)
    {
        var areSeveral = LabelSets.AreIn(training);
        if (validation is { Count: > 0 } && LabelSets.AreIn(validation) != areSeveral)
            throw new InvalidOperationException(
                $"The training rows have {Kind(areSeveral)}, but the validation rows {Kind(!areSeveral)}; expected the same of both.");
        RequireSameKind(training, areSeveral, "training");
        if (validation is not null)
            RequireSameKind(validation, areSeveral, "validation");
    }

    /// <summary>Checks the labels of a row that may have several.</summary>
    public static void RequireLabels(IImageSource source, int row, string which)
    {
        var labels = LabelSets.Of(source, row);
        var last = -1;
        foreach (var label in labels)
        {
            if (label <= last || label >= source.ClassNames.Count)
                throw new InvalidOperationException(
                    $"The labels of {which} row {row} are [{string.Join(", ", labels)}]; expected indices of classes, within "
                        + $"[0, {source.ClassNames.Count}), each once and in rising order.");
            last = label;
        }
    }

    private static void CheckSeveral(TrainingPlan plan)
    {
        const string Found = "The training rows may have several labels";
        if (NotTaking(plan.Objective, objective => objective.TakesSeveralLabels) is { } objective)
            throw new InvalidOperationException(
                $"{Found}, but {objective} takes one class a row; use {nameof(BinaryCrossEntropy)}, and {nameof(BinaryKd)} to learn from a "
                    + "teacher.");
        if (plan.Teacher is { TakesSeveralLabels: false } teacher)
            throw new InvalidOperationException(
                $"{Found}, but {teacher} answers with one distribution over the classes; use a teacher with a logit a class for a sigmoid, "
                    + $"such as a {nameof(TrainedTeacher)} with a {nameof(BinaryCrossEntropy)}.");
        if (TrainedFirst(plan.Teacher).FirstOrDefault(first => !first.Objective.TakesSeveralLabels) is { Teacher: not null } own)
            throw new InvalidOperationException(
                $"{Found}, but {own.Teacher} is trained first by {own.Objective}, which takes one class a row; give it a "
                    + $"{nameof(BinaryCrossEntropy)}.");
        if (plan.ClassWeighting is { } weighting)
            CheckWeighting(plan, weighting, Found);
        if (plan.Teacher is not null && plan.TeacherCache is { ChangesNumbers: true } cache)
            throw new InvalidOperationException(
                $"{Found}, but {cache} keeps the teacher's answers as one distribution over the classes; leave "
                    + $"{nameof(TeacherCache.Precision)} at {nameof(TeacherCachePrecision.Float32)} and {nameof(TeacherCache.TopK)} at "
                    + "null.");
        if (plan.Callbacks.FirstOrDefault(callback => !callback.TakesSeveralLabels) is { } callback)
            throw new InvalidOperationException($"{Found}, but {callback.GetType().Name} is for one class a row; leave it out.");
    }

    // Weights of classes are those of the positives of a cross entropy: nothing else knows of them.
    private static void CheckWeighting(TrainingPlan plan, ClassWeighting weighting, string found)
    {
        BinaryCrossEntropy[] weighed =
        [
            .. TrainedFirst(plan.Teacher).Select(first => first.Objective).Append(plan.Objective).SelectMany(Leaves)
                .OfType<BinaryCrossEntropy>(),
        ];
        if (weighed.Length == 0)
            throw new InvalidOperationException(
                $"{found}, and {weighting} weighs those that a {nameof(BinaryCrossEntropy)} learns, but {plan.Objective} has none; add "
                    + $"one, or leave {nameof(TrainingPlan.ClassWeighting)} at null.");
        if (weighed.FirstOrDefault(one => one.PositiveWeights is not null) is { } own)
            throw new InvalidOperationException(
                $"{found}, and both {weighting} and {nameof(BinaryCrossEntropy.PositiveWeights)} of {own} say how much they count; leave "
                    + "one of the two at null.");
    }

    private static IEnumerable<Objective> Leaves(Objective objective) =>
        objective.Parts.Any() ? objective.Parts.SelectMany(Leaves) : [objective];

    // By the run, before the student.
    private static IEnumerable<(TeacherSource Teacher, Objective Objective)> TrainedFirst(TeacherSource? teacher) => teacher switch
    {
        null => [],
        TrainedTeacher trained => [(trained, trained.Objective)],
        SelfTeacher self => [(self, self.Initial)],
        _ => teacher.Parts.SelectMany(TrainedFirst),
    };

    private static void RequireSameKind(IImageSource source, bool areSeveral, string which)
    {
        for (var row = 0; row < source.Count; row++)
        {
            if (source.GetLabel(row) is var label and not Targets.Unlabelled && (label == Targets.Several) != areSeveral)
                throw new InvalidOperationException(
                    $"The {which} rows before row {row} have {Kind(areSeveral)}, but it has {Kind(!areSeveral)}; expected the same of "
                        + "all.");
        }
    }

    private static string Kind(bool areSeveral) => areSeveral ? "any number of labels" : "one label each";

    /// <summary>The objective, or the innermost part of it, that does not take such labels; null where all do.</summary>
    private static Objective? NotTaking(Objective objective, Predicate<Objective> takes) => takes(objective)
        ? null
        : objective.Parts.Select(part => NotTaking(part, takes)).FirstOrDefault(part => part is not null) ?? objective;
}
