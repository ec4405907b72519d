namespace TfKd.MLNet.Tests;

/// <summary>What a chain adds.</summary>
internal sealed class PortableScoredRow
{
    public float[] Score { get; set; } = [];

    public uint PredictedLabel { get; set; }
}
