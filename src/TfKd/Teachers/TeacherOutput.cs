namespace TfKd;

/// <summary>What the numbers are that a teacher from elsewhere answers with.</summary>
public enum TeacherOutput
{
    /// <summary>Logits: what goes into a softmax. Any finite numbers.</summary>
    Logits,

    /// <summary>
    /// Probabilities: what comes out of a softmax. The teacher answers with their logarithms, of which a softmax makes the same
    /// probabilities again.
    /// </summary>
    Probabilities,
}
