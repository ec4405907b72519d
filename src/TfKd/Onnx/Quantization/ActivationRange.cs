namespace TfKd;

/// <summary>
/// From where to where 8 bits hold a value between layers; always with 0 in it, which padding and rectifiers need exactly.
/// </summary>
/// <param name="Low">At most 0.</param>
/// <param name="High">At least 0.</param>
internal readonly record struct ActivationRange(double Low, double High)
{
    private const int Levels = byte.MaxValue;

    // Of a value that is always 0.
    private const float SmallestScale = 1e-12f;

    /// <summary>The difference between two neighbouring integers.</summary>
    public float Scale => Math.Max((float)((High - Low) / Levels), SmallestScale);

    /// <summary>The integer that stands for 0.</summary>
    public byte ZeroPoint => (byte)Math.Clamp(Math.Round(-Low / Scale), 0, Levels);

    /// <summary>The range with 0 in it.</summary>
    public static ActivationRange Of(double low, double high) => new(Math.Min(low, 0), Math.Max(high, 0));
}
