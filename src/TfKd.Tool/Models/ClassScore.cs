namespace TfKd.Tool;

/// <summary>A class and its probability.</summary>
internal sealed record ClassScore(string Class, double Score);
