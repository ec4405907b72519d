namespace TfKd.MLNet;

/// <summary>How many rows of a class a model was made from.</summary>
/// <param name="Class">The class.</param>
/// <param name="Training">Rows that were learnt from.</param>
/// <param name="Validation">Rows that chose the best epoch, and calibrated the scores where that was asked for.</param>
public sealed record ClassRows(string Class, int Training, int Validation);
