using QuickStart.Drawing;
using SkiaSharp;

namespace TfKd.MLNet.Tests;

/// <summary>A few of the drawn traffic signs.</summary>
internal static class DrawnSigns
{
    private static readonly (string Name, Action<SKCanvas> DrawFace)[] Kinds =
    [
        ("priority-road", SignFaces.PriorityRoad),
        ("stop", SignFaces.Stop),
        ("turn-left", SignFaces.TurnLeft),
    ];

    public static IEnumerable<string> Names => Kinds.Select(kind => kind.Name);

    public static byte[] Draw(int number) => SignPhoto.Take(Kinds[number % Kinds.Length].DrawFace, new Random(number));

    /// <summary>A drawn photo at another size and in another format.</summary>
    public static byte[] Draw(int number, int width, int height, SKEncodedImageFormat format)
    {
        using var photo = SKBitmap.Decode(Draw(number));
        using var sized = photo.Resize(new SKImageInfo(width, height), SKFilterQuality.High);
        using var encoded = sized.Encode(format, 90);
        return encoded.ToArray();
    }

    /// <summary>Draws a labelled folder, the kinds in turn.</summary>
    public static string DrawFolder(string parent, int count)
    {
        var folder = Path.Combine(parent, "signs");
        for (var number = 0; number < count; number++)
        {
            File.WriteAllBytes(
                Path.Combine(
                    Directory.CreateDirectory(Path.Combine(folder, Kinds[number % Kinds.Length].Name)).FullName, $"{number:000}.jpg"),
                Draw(number));
        }

        return folder;
    }
}
