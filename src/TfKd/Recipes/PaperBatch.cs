namespace TfKd;

/// <summary>Rate and batch size in a file of the code of Yuan et al., CVPR 2020.</summary>
/// <param name="LearningRate">For a batch of 128, to which it is proportional.</param>
/// <param name="BatchSize">Samples a step.</param>
internal sealed record PaperBatch(double LearningRate, int BatchSize);
