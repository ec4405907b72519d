namespace TfKd.MLNet;

/// <summary>What a scorer computes of images.</summary>
[Flags]
internal enum ScorerOutputs
{
    None = 0,

    /// <summary>The probabilities of the classes.</summary>
    Scores = 1,

    /// <summary>What the network's head reads.</summary>
    Embedding = 2,
}
