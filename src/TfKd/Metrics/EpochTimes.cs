namespace TfKd;

/// <summary>What the time of an epoch was spent on.</summary>
/// <param name="Waiting">Waiting for batches to be gathered, where the network learns faster than images are read.</param>
/// <param name="Learning">Augmentation, teacher, student, objective and optimiser.</param>
/// <param name="Validating">Evaluation on the validation rows.</param>
public readonly record struct EpochTimes(TimeSpan Waiting, TimeSpan Learning, TimeSpan Validating)
{
    /// <summary>All of it.</summary>
    internal TimeSpan Total => Waiting + Learning + Validating;
}
