namespace TfKd.MLNet;

/// <summary>The names of the columns that training reads.</summary>
/// <param name="Label">The label, a key column.</param>
/// <param name="Image">The images.</param>
/// <param name="ExampleWeight">How much each row counts; null: all count the same.</param>
internal sealed record TrainingColumns(string Label, string Image, string? ExampleWeight = null);
