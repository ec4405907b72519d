namespace TfKd.MLNet;

/// <summary>Models as teachers.</summary>
internal static class ModelAsTeacher
{
    /// <summary>Builds the network of a model as a teacher.</summary>
    /// <exception cref="InvalidOperationException">
    /// It is of one label a photo and the student of several, or the reverse; or its classes or channels are not the student's.
    /// </exception>
    public static NetworkTeacher Open(TorchImageClassificationModel model, TeacherContext context, TeacherClasses classes)
    {
        if (context.HasSeveralLabels != model.Thresholds is not null)
        {
            throw new InvalidOperationException(context.HasSeveralLabels
                ? "The teacher's model says which one label a photo has, but the training rows may have several; train it with Labels, too."
                : "The teacher's model says of each label whether a photo has it, but the training rows have one each; use a model of one "
                    + "label.");
        }

        return NetworkTeacher.Own(model.CreateNetwork(), model.ClassNames, context, classes);
    }
}
