using QuickStart.Drawing;
using SkiaSharp;

namespace QuickStart;

/// <summary>
/// Draws a labelled folder of photos: ten kinds of traffic signs, seen as a camera behind a windscreen sees them. Some kinds differ in one
/// digit, two are mirror images of each other, and all are turned, blurred, badly lit or half hidden, so colours and places alone tell
/// little.
/// </summary>
internal static class TrafficSigns
{
    /// <summary>Photos of each kind.</summary>
    public const int CountPerClass = 200;

    private static readonly (string Name, Action<SKCanvas> DrawFace)[] Classes =
    [
        ("no-entry", SignFaces.NoEntry),
        ("priority-road", SignFaces.PriorityRoad),
        ("speed-limit-30", canvas => SignFaces.SpeedLimit(canvas, "30")),
        ("speed-limit-50", canvas => SignFaces.SpeedLimit(canvas, "50")),
        ("speed-limit-80", canvas => SignFaces.SpeedLimit(canvas, "80")),
        ("stop", SignFaces.Stop),
        ("turn-left", SignFaces.TurnLeft),
        ("turn-right", SignFaces.TurnRight),
        ("warning", SignFaces.Warning),
        ("yield", SignFaces.Yield),
    ];

    /// <summary>Photos of all kinds together.</summary>
    public static int Count => Classes.Length * CountPerClass;

    /// <summary>Draws what is missing of the folder of this seed; a folder that is whole is left alone.</summary>
    /// <param name="parent">Where the folder is, or will be.</param>
    /// <param name="seed">The same seed draws the same photos.</param>
    /// <param name="drawn">Told the number of photos that are there, after each.</param>
    /// <returns>The folder: one sub-folder a kind, named as the kind, with its photos.</returns>
    public static string EnsureFolder(string parent, int seed, Action<int> drawn, CancellationToken token)
    {
        var folder = Path.Combine(parent, $"traffic-signs-seed{seed}");
        var marker = Path.Combine(folder, ".complete");
        if (!File.Exists(marker))
        {
            foreach (var (name, _) in Classes)
                Directory.CreateDirectory(Path.Combine(folder, name));
            var done = 0;
            Parallel.For(0, Count, new ParallelOptions { CancellationToken = token }, photo =>
            {
                Draw(folder, seed, photo);
                drawn(Interlocked.Increment(ref done));
            });
            File.WriteAllText(marker, $"{Count} photos{Environment.NewLine}");
        }
        drawn(Count);
        return folder;
    }

    private static void Draw(string folder, int seed, int photo)
    {
        var (index, number) = Math.DivRem(photo, CountPerClass);
        var (name, drawFace) = Classes[index];
        var path = Path.Combine(folder, name, $"{number:0000}.jpg");
        if (File.Exists(path))
            return;
        // Written beside and moved over: a file under its final name is a whole one, whenever the program was stopped.
        var beside = path + ".tmp";
        File.WriteAllBytes(beside, SignPhoto.Take(drawFace, new Random(unchecked(seed * 1_000_003 + photo))));
        File.Move(beside, path, overwrite: true);
    }
}
