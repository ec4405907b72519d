using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace TfKd.MLNet.Tests;

/// <summary>A photo in memory.</summary>
internal sealed class PortableImageRow
{
    [ImageType(8, 8)]
    public MLImage? Image { get; set; }
}
