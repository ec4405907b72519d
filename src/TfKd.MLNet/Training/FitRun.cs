namespace TfKd.MLNet;

/// <summary>A Fit that has its rows, and begins to train.</summary>
/// <param name="Plan">What is run.</param>
/// <param name="Network">What is trained, at its size.</param>
/// <param name="Classes">The classes of the label column.</param>
/// <param name="Data">The rows.</param>
/// <param name="Messages">Takes what there is to say.</param>
/// <param name="Token">Stops it.</param>
internal sealed record FitRun(
    TrainingPlan Plan, NetworkArchitecture Network, ClassKeys Classes, TrainingData Data, FitMessages Messages, CancellationToken Token);
