using static TorchSharp.torch;

namespace TfKd;

/// <summary>What an objective may know when a run begins.</summary>
/// <param name="ClassCount">Number of classes K.</param>
/// <param name="Device">Where the run computes.</param>
public sealed record ObjectiveContext(int ClassCount, Device Device)
{
    /// <summary>Channels, height and width of the student's features, stage by stage; empty unless the objective needs them.</summary>
    public IReadOnlyList<ImageShape> StudentStages { get; init; } = [];

    /// <summary>
    /// The label of each training row, as <see cref="IImageSource.GetLabel"/> has it; empty unless the objective needs
    /// <see cref="ObjectiveNeeds.RowIds"/>.
    /// </summary>
    public IReadOnlyList<int> TrainingLabels { get; init; } = [];

    /// <summary>Channels, height and width of the teacher's features, stage by stage; empty unless the objective needs them.</summary>
    public IReadOnlyList<ImageShape> TeacherStages { get; init; } = [];
}
