namespace TfKd.MLNet;

/// <summary>What the image column holds that a portable model reads.</summary>
public enum PortableImageColumn
{
    /// <summary>Text: the path of an image file.</summary>
    Path,

    /// <summary>
    /// An <see cref="Microsoft.ML.Data.MLImage"/>, as LoadImages gives it, or made in memory by MLImage.CreateFromStream.
    /// </summary>
    MLImage,
}
