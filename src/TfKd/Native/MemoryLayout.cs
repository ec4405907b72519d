namespace TfKd;

/// <summary>The order in memory of a batch of images [N,C,H,W], and of the weights of a convolution.</summary>
public enum MemoryLayout
{
    /// <summary>One plane a channel: Torch's default.</summary>
    Contiguous,

    /// <summary>The channels of a pixel side by side; the shape stays [N,C,H,W].</summary>
    ChannelsLast,
}
