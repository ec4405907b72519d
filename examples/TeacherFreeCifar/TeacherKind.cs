namespace TeacherFreeCifar;

/// <summary>Who teaches.</summary>
internal enum TeacherKind
{
    /// <summary>The given ResNet-56, 72.63 % on the test rows; it was trained on all training rows, those held out here included.</summary>
    Good,

    /// <summary>The given ResNet-32, 70.16 % on the test rows, trained as the good one was.</summary>
    Fair,

    /// <summary>A ResNet-8, trained here as the student is, which is weaker than the student.</summary>
    Weak,

    /// <summary>A ResNet-32 after one epoch.</summary>
    Defective,

    /// <summary>A ResNet-32 after ten epochs, stopped early as the paper's poor teachers are: it has learned a part of what the student will.</summary>
    Unfinished,

    /// <summary>The student's own network of the same seed, trained with cross entropy.</summary>
    Self,
}
