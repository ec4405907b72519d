namespace TfKd.MLNet;

/// <summary>How labelled images are read out of an IDataView.</summary>
internal sealed record RowSettings
{
    public required TrainingColumns Columns { get; init; }

    /// <summary>That a row may have several labels; default null: it has one.</summary>
    public MultipleLabels? Labels { get; init; }

    /// <summary>The shape to decode to.</summary>
    public required ImageShape Shape { get; init; }

    public required ImageMemory Memory { get; init; }

    /// <summary>Whether rows without a label are kept, for a teacher to tell of them; default: they are left out, with a warning.</summary>
    public bool KeepsUnlabelled { get; init; }

    /// <summary>The processes that share the rows; null: there is one.</summary>
    public Replicas? Replicas { get; init; }

    public UndecodableImages UndecodableImages { get; init; } = UndecodableImages.Throw;
}
