namespace TfKd;

/// <summary>Numbers of channels that widths by a factor come to, as torchvision rounds them.</summary>
internal static class ChannelCount
{
    /// <summary>The nearest multiple of 8, at least 8, but never less than nine tenths of the number.</summary>
    public static long Rounded(double channels)
    {
        var nearest = Math.Max(8, (long)(channels + 4) / 8 * 8);
        return nearest < 0.9 * channels ? nearest + 8 : nearest;
    }
}
