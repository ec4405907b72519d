namespace TfKd.MLNet;

/// <summary>The type of the pixels that an exported model takes, values 0 to 255 in both.</summary>
public enum OnnxInputType
{
    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>32-bit floating point numbers.</summary>
    Floats,
}
