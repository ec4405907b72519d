namespace TfKd;

/// <summary>Which layers with weights stay in floating point.</summary>
[Flags]
internal enum FloatLayers
{
    None = 0,

    /// <summary>The first, in the order of execution, which reads the image.</summary>
    First = 1,

    /// <summary>The last, which makes the logits.</summary>
    Last = 2,
}
