namespace TfKd;

/// <summary>A teacher's answer to one training row.</summary>
/// <param name="Label">The row's class.</param>
/// <param name="Logits">What the teacher said, one number a class.</param>
internal sealed record TeacherExample(int Label, IReadOnlyList<float> Logits);
