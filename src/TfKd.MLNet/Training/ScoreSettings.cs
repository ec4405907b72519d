namespace TfKd.MLNet;

/// <summary>What a Fit makes of a trained network's logits.</summary>
internal sealed record ScoreSettings
{
    /// <summary>What computes the model's scores.</summary>
    public required ScoringBackend Backend { get; init; }

    /// <summary>In which numbers the model scores.</summary>
    public required OnnxWeights Weights { get; init; }

    /// <summary>Whether weights of Int8 take 7 bits.</summary>
    public required bool ReduceRange { get; init; }

    /// <summary>Whether a temperature is chosen.</summary>
    public required bool Calibrate { get; init; }

    /// <summary>When no label is predicted; null: one always is.</summary>
    public required Rejection? Rejection { get; init; }

    /// <summary>That a photo may have several labels; null: it has one.</summary>
    public required MultipleLabels? Labels { get; init; }

    /// <summary>Images a forward pass.</summary>
    public required int BatchSize { get; init; }
}
