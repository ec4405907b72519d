namespace TfKd;

/// <summary>The teacher's term in a file of the code of Yuan et al., CVPR 2020.</summary>
/// <param name="Alpha">Its weight.</param>
/// <param name="Temperature">Its temperature.</param>
/// <param name="Multiplier">The code's extra factor; null where the file lacks it, so that the code stops with an error.</param>
internal sealed record PaperTerm(double Alpha, double Temperature, double? Multiplier);
