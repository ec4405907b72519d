namespace TfKd;

/// <summary>Which step of a run it is.</summary>
/// <param name="Progress">Where the run stands before it.</param>
/// <param name="LearningRate">Its rate.</param>
internal readonly record struct StepPosition(TrainingProgress Progress, double LearningRate);
