namespace TfKd.MLNet;

/// <summary>A figure measured when the model was trained.</summary>
/// <param name="Name">What was measured, e.g. <c>MicroAccuracy</c>.</param>
/// <param name="Split">The rows it was measured on, e.g. <c>Validation</c>.</param>
/// <param name="Value">The figure.</param>
public sealed record ModelMetric(string Name, string Split, double Value);
