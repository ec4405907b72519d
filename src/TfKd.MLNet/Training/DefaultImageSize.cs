using Microsoft.ML;

namespace TfKd.MLNet;

/// <summary>
/// The size that images are trained at where neither a network nor a size is set: the default network's own where the images are small,
/// twice that where they are photos. The first images are looked at for it, without decoding them.
/// </summary>
internal static class DefaultImageSize
{
    // A larger size costs four times the time for each doubling, and was not measured to be worth it for so small a network.
    private const int PhotoSide = 64;
    private const int Looked = 32;

    /// <summary>The network at the size to train at; says what was chosen, and what would be better.</summary>
    /// <param name="network">The default network.</param>
    /// <param name="data">The rows that Fit was called with.</param>
    /// <param name="imageColumn">The column of the images.</param>
    /// <param name="say">Is told.</param>
    /// <exception cref="ArgumentException">The column is missing, or of a type or size that is no image of the network's shape.</exception>
    public static NetworkArchitecture Choose(NetworkArchitecture network, IDataView data, string imageColumn, Action<string> say)
    {
        if (MedianSide(network.InputShape, data, imageColumn) is not >= PhotoSide)
            return network;
        say($"Images are trained at {PhotoSide}x{PhotoSide} pixels, since those of the first {Looked} rows are mostly that large. Set "
            + "Network, or ImageWidth and ImageHeight, for another size.");
        say("The network starts from random weights. With few photos, pretrained ones are far better: reference the package "
            + $"{Pretrained.ResNet18.PackageName} and use PhotoRecipe.Frozen().");
        return network with { InputShape = network.InputShape.Sized(PhotoSide, PhotoSide) };
    }

    // Of the shorter sides; null where no image says its size before it is decoded.
    private static int? MedianSide(ImageShape shape, IDataView data, string imageColumn)
    {
        var image = ImageColumn.Find(data.Schema, imageColumn, shape);
        using var cursor = data.GetRowCursor(ImageColumn.WithPath(image.Column, data.Schema));
        using var reader = image.Open(cursor);
        var block = new DecodeBlock(shape, Looked);
        while (!block.IsFull && cursor.MoveNext())
            reader.AddTo(block);
        var sides = block.EncodedSizes().Select(size => Math.Min(size.Width, size.Height)).Order().ToList();
        return sides.Count == 0 ? null : sides[sides.Count / 2];
    }
}
