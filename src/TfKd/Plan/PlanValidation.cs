namespace TfKd;

/// <summary>Refuses a run that cannot work, before its first batch, with the reason.</summary>
internal static class PlanValidation
{
    public static void Check(TrainingPlan plan, ImageNetwork student, IImageSource training, IImageSource? validation)
    {
        CheckPlan(plan, student, LabelSets.AreIn(training), validation is not null);
        LabelKindValidation.CheckRows(training, validation);
        CheckTraining(plan, student, training);
        // The rows may have another size than the architecture.
        if (Orientation.Misfit(plan.TestTimeAugmentation, training.Shape) is { } misfit)
            throw new InvalidOperationException(misfit);
        if (validation is null)
            return;
        CheckSource(validation, student, "validation", plan: null);
        RequireSameClasses(validation.ClassNames, training.ClassNames);
        if (validation.Count == 0)
            throw new InvalidOperationException("The validation set has no rows; leave it out, or give it some.");
    }

    /// <summary>What can be told before there are rows.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="student">The network.</param>
    /// <param name="areSeveral">Whether a row may have several labels.</param>
    /// <param name="isValidated">Whether there will be validation rows, as far as that is known.</param>
    public static void CheckPlan(TrainingPlan plan, ImageNetwork student, bool areSeveral, bool isValidated)
    {
        if (plan.Device is { } device)
            TorchRuntime.RequireDevice(device);
        // Who looks at a teacher's features needs one, whether or not it looks at the logits, too.
        var needsTeacher = (plan.Objective.Needs & (ObjectiveNeeds.Teacher | ObjectiveNeeds.TeacherFeatures)) != 0;
        if (needsTeacher && plan.Teacher is null)
            throw new InvalidOperationException($"{plan.Objective} needs a teacher, but the plan has none; set Teacher.");
        if (!needsTeacher && plan.Teacher is not null)
            throw new InvalidOperationException(
                $"The plan has the teacher {plan.Teacher}, but {plan.Objective} does not listen to one; use another objective, "
                    + "KnowledgeDistillation say, or no teacher.");
        LabelKindValidation.CheckPlan(plan, areSeveral);
        CheckSettings(plan);
        CheckIdentity(plan, student.Architecture);
        // Before a teacher is trained in vain.
        CheckTeacher(plan);
        if (plan.Objective.Needs.HasFlag(ObjectiveNeeds.StudentFeatures))
            new StageRecorder(student, withPreActivations: false).Dispose();
        if (!isValidated)
            CheckCallbacks(plan);
    }

    /// <summary>Refuses validation rows of other classes.</summary>
    public static void RequireSameClasses(IReadOnlyList<string> validation, IReadOnlyList<string> training)
    {
        if (!validation.SequenceEqual(training))
            throw new InvalidOperationException(
                $"The classes of the validation rows [{string.Join(", ", validation)}] are not those of the training rows "
                    + $"[{string.Join(", ", training)}].");
    }

    /// <summary>The refusal of a teacher that answers with logits only.</summary>
    public static InvalidOperationException NoTeacherFeatures(TrainingPlan plan) =>
        new($"{plan.Objective} looks at the teacher's features by stage, but {plan.Teacher} gives none; use a teacher with a network at "
            + "hand, or an objective on logits.");

    /// <summary>The refusal of a teacher that answers rows where images are mixed.</summary>
    public static InvalidOperationException MixesRows(TrainingPlan plan) => new(
        $"{plan.Teacher} knows an answer to each row, but the plan mixes images with {plan.Mixing}, and a mixture is none of the rows; use "
            + "a teacher that looks at the pixels, or no Mixing.");

    /// <summary>The refusal of a teacher that answers without what is before its rectifiers.</summary>
    public static InvalidOperationException NoPreActivations(TrainingPlan plan) =>
        new($"{plan.Objective} looks at the teacher's features before the rectifiers, but {plan.Teacher} gives none; use a teacher with a "
            + "network at hand, or another objective.");

    private static void CheckTraining(TrainingPlan plan, ImageNetwork student, IImageSource training)
    {
        CheckSource(training, student, "training", plan);
        if (training.ClassNames.Count < 2)
            throw new InvalidOperationException(
                $"A classifier needs at least 2 classes, but the training rows have {training.ClassNames.Count}: "
                    + $"{string.Join(", ", training.ClassNames)}.");
        if (training.Count < 2)
            throw new InvalidOperationException($"Training needs at least 2 rows, but there are {training.Count}.");
        ReplicaValidation.RequireRows(plan, training.Count);
        CheckOnlyProbe(plan, training);
    }

    // A plan that nothing has to find again may have members that no text can tell apart.
    private static void CheckIdentity(TrainingPlan plan, NetworkArchitecture network)
    {
        if (plan.CheckpointDirectory is not null)
            CanonicalText.Of(("Network", network), (nameof(TrainingPlan), plan.Essence));
        else if (plan.Teacher is not null && plan.TeacherCache?.Directory is not null)
            TeacherCacheKey.TextOf(plan.Augmentations);
    }

    private static void CheckSettings(TrainingPlan plan)
    {
        CheckSchedule(plan.Schedule);
        CheckMixing(plan);
        CheckProbe(plan);
        CheckIntegers(plan);
        ReplicaValidation.Check(plan);
    }

    private static void CheckSchedule(LearningRateSchedule schedule)
    {
        var inner = schedule switch
        {
            PlateauSchedule plateau => plateau.Inner,
            WarmUpSchedule warmUp => warmUp.Inner,
            RepeatedSchedule repeated => repeated.Inner,
            _ => null,
        };
        if (inner is PlateauSchedule)
            throw new InvalidOperationException(
                "A PlateauSchedule must be the Schedule itself, but is within another one; let it have that as its Inner.");
        if (inner is not null)
            CheckSchedule(inner);
    }

    private static void CheckCallbacks(TrainingPlan plan)
    {
        if (plan.Schedule is PlateauSchedule)
            throw new InvalidOperationException(
                "PlateauSchedule watches the validation rows, but the run has none; give a validation set or use another schedule.");
        if (plan.Callbacks.FirstOrDefault(callback => callback.NeedsValidation) is { } callback)
            throw new InvalidOperationException(
                $"{callback.GetType().Name} watches the validation rows, but the run has none; give a validation set or leave it out.");
    }

    private static void CheckMixing(TrainingPlan plan)
    {
        if (plan.Mixing is null)
            return;
        if (plan.Objective.Needs.HasFlag(ObjectiveNeeds.RowIds))
            throw new InvalidOperationException(
                $"{plan.Objective} keeps something of each training row, but the plan mixes images with {plan.Mixing}, and a mixture is "
                    + "none of the rows; use another objective, or no Mixing.");
        if (NeedingLabels(plan.Objective) is { } objective)
            throw new InvalidOperationException(
                $"{objective} needs hard labels, but the plan mixes targets with {plan.Mixing}; use another objective, or no Mixing.");
    }

    private static void CheckProbe(TrainingPlan plan)
    {
        if (plan.LinearProbe is null)
            return;
        if (plan.Teacher is PeerTeacher)
            throw new InvalidOperationException(
                $"{nameof(TrainingPlan.LinearProbe)} fits the head of one network, but {plan.Teacher} has two; leave one of them out.");
        if (plan.Objective.Needs.HasFlag(ObjectiveNeeds.ReusedClassifier))
            throw new InvalidOperationException(
                $"{plan.Objective} gives the student the teacher's classifier, but {nameof(TrainingPlan.LinearProbe)} fits one to labels; "
                    + "leave one of them out.");
    }

    // The teacher has its say in the probe's epoch where samples have no label, and in those after it.
    private static void CheckOnlyProbe(TrainingPlan plan, IImageSource training)
    {
        var isOnlyProbe = plan is { LinearProbe: not null, Teacher: not null, MaxEpochs: 1 };
        if (isOnlyProbe && ReferenceEquals(SourceSubset.OfLabelled(training), training))
            throw new InvalidOperationException(
                $"The only epoch fits the head to labels, by {nameof(TrainingPlan.LinearProbe)}, so that nothing is learnt from "
                    + $"{plan.Teacher}; set {nameof(TrainingPlan.MaxEpochs)} to 2 or more, give photos without a label, or leave the "
                    + "teacher out.");
    }

    private static void CheckIntegers(TrainingPlan plan)
    {
        if (plan.FakeQuantization is not { } integers)
            return;
        if (plan.Precision != Precision.Float32)
            throw new InvalidOperationException(
                $"{nameof(FakeQuantization)} rounds to 8 bits, and {plan.Precision} would round the result once more; set "
                    + $"{nameof(TrainingPlan.Precision)} to {nameof(Precision.Float32)}, or leave {nameof(FakeQuantization)} out.");
        if (integers.FirstEpoch >= plan.MaxEpochs)
            throw new InvalidOperationException(
                $"{nameof(FakeQuantization)} begins with epoch {integers.FirstEpoch}, counted from 0, but the run has {plan.MaxEpochs}; "
                    + $"set {nameof(FakeQuantization)}.{nameof(integers.FirstEpoch)} below {nameof(TrainingPlan.MaxEpochs)}.");
    }

    private static void CheckTeacher(TrainingPlan plan)
    {
        if (plan.Teacher is null)
            return;
        if (plan.Teacher.SelfAndParts().Skip(1).Any(part => part is PeerTeacher))
            throw PeerTeacher.NoPart();
        if (plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherFeatures) && !plan.Teacher.GivesFeatures)
            throw NoTeacherFeatures(plan);
        if (plan.Mixing is not null && plan.Teacher.KnowsTrainingRowsOnly)
            throw MixesRows(plan);
        TeacherCaching.Of(plan);
    }

    /// <summary>The objective, or the innermost part of it, that needs one class a row; null where none does.</summary>
    private static Objective? NeedingLabels(Objective objective) =>
        (objective.Needs & (ObjectiveNeeds.HardLabels | ObjectiveNeeds.ClassPartners)) == 0
            ? null
            : objective.Parts.Select(NeedingLabels).FirstOrDefault(part => part is not null) ?? objective;

    /// <param name="source">The rows.</param>
    /// <param name="student">Who is to fit them.</param>
    /// <param name="which">What messages call them.</param>
    /// <param name="plan">Says whether samples without a label are of use; null: they are not.</param>
    private static void CheckSource(IImageSource source, ImageNetwork student, string which, TrainingPlan? plan)
    {
        if (source.ClassNames.Count != student.ClassCount)
            throw new InvalidOperationException(
                $"The network has {student.ClassCount} outputs, but the {which} rows have {source.ClassNames.Count} classes.");
        if (source.Shape.Channels != student.Architecture.InputShape.Channels)
            throw new InvalidOperationException(
                $"The network takes {student.Architecture.InputShape.Channels} channels, but the {which} images are {source.Shape}.");
        for (var row = 0; row < source.Count; row++)
        {
            var label = source.GetLabel(row);
            if (label == Targets.Unlabelled && plan is not null)
                RequireUseOfUnlabelled(plan, row);
            else if (label == Targets.Several)
                LabelKindValidation.RequireLabels(source, row, which);
            else if (label < 0 || label >= student.ClassCount)
                throw new InvalidOperationException(
                    $"The label of {which} row {row} is {label}; expected the index of a class, within [0, {student.ClassCount}).");
        }
    }

    private static void RequireUseOfUnlabelled(TrainingPlan plan, int row)
    {
        var found = $"Training row {row} has no label";
        if (plan.Teacher is null)
            throw new InvalidOperationException($"{found}, and the plan has no teacher that could tell of it; leave such rows out.");
        if (!plan.Teacher.TakesUnlabelledSamples)
            throw new InvalidOperationException($"{found}, and {plan.Teacher} is made of labels; leave such rows out.");
        if (NeedingAllLabels(plan.Objective) is { } objective)
            throw new InvalidOperationException(
                $"{found}, and {objective} needs one of every sample; use another objective, such as KnowledgeDistillation, or leave such "
                    + "rows out.");
    }

    /// <summary>The objective, or the innermost part of it, that cannot do without labels; null where all can.</summary>
    private static Objective? NeedingAllLabels(Objective objective) => objective.TakesUnlabelledSamples
        ? null
        : objective.Parts.Select(NeedingAllLabels).FirstOrDefault(part => part is not null) ?? objective;
}
