namespace TfKd;

/// <summary>What an objective asks of the plan; checked before the first batch.</summary>
[Flags]
public enum ObjectiveNeeds
{
    /// <summary>Student logits and target distributions only.</summary>
    None = 0,

    /// <summary>A teacher's logits.</summary>
    Teacher = 1,

    /// <summary>One class a row: not to be had where images are mixed.</summary>
    HardLabels = 2,

    /// <summary>The student's features by stage.</summary>
    StudentFeatures = 4,

    /// <summary>The teacher's features by stage.</summary>
    TeacherFeatures = 8,

    /// <summary>The student's answer, without gradient, to another image of each row's class.</summary>
    ClassPartners = 16,

    /// <summary>
    /// All samples of a step at once: it relates them to one another, or gathers something over them, so that it is not the mean of its
    /// values for parts of the batch. Not to be had where <see cref="TrainingPlan.Replicas"/> each see a part.
    /// </summary>
    WholeBatch = 32,

    /// <summary>The linear layer by which the teacher makes logits of the mean over positions of its last stage.</summary>
    TeacherClassifier = 64,

    /// <summary>Which training row each sample is, and the rows' labels: not to be had where images are mixed.</summary>
    RowIds = 128,

    /// <summary>That the student's own classifier is the teacher's and learns nothing.</summary>
    ReusedClassifier = 256,

    /// <summary>
    /// The features by stage as they are before a stage's last rectifier, too; of the networks whose features are needed.
    /// </summary>
    PreActivations = 512,
}
