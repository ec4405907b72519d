using SkiaSharp;

namespace TfKd.FuzzProbe;

/// <summary>Images of a format.</summary>
internal sealed class ImageReader(string format) : FuzzReader
{
    public override string Name => format;

    public override string? WhyAlteredIsAccepted =>
        format == "png" ? "the codec reads over what it need not understand" : "JPEG has no checksum";

    public override byte[] Make(string folder) =>
        Images.Encode(format == "png" ? SKEncodedImageFormat.Png : SKEncodedImageFormat.Jpeg, seed: 3, width: 60, height: 40);

    public override string Read(string path)
    {
        var pixels = new byte[new ImageShape(3, 32, 32).ByteCount];
        ImageDecoder.Decode(File.ReadAllBytes(path), new(3, 32, 32), pixels);
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(pixels));
    }

    public override bool IsDocumented(Exception exception) => exception is ImageDecodingException;
}
