namespace TfKd.MLNet;

/// <summary>A Fit that knows what it trains, and has not read its rows: what can be refused without them is refused before.</summary>
/// <param name="Plan">What is run.</param>
/// <param name="Network">What is trained, at its size.</param>
/// <param name="Classes">The classes of the label column.</param>
/// <param name="ReadData">Reads the rows, and decodes their images; they are freed by whoever runs this.</param>
/// <param name="Messages">Takes what there is to say.</param>
/// <param name="Token">Stops it.</param>
internal sealed record FitRun(
    TrainingPlan Plan, NetworkArchitecture Network, ClassKeys Classes, Func<TrainingData> ReadData, FitMessages Messages,
    CancellationToken Token);
