using SharpFuzz;
using TorchSharp;

namespace TfKd.FuzzProbe;

/// <summary>
/// Reads files that AFL++ makes, which keeps those that reach code no file before them has reached. The libraries that it is to see must
/// have been instrumented by SharpFuzz's tool; <c>.ci/fuzz</c> does all of it.
/// </summary>
internal static class GuidedVictim
{
    /// <summary>Writes what is to be changed.</summary>
    public static void WriteSeed(FuzzReader reader, string file, string folder) =>
        File.WriteAllBytes(file, reader.PartOf(Whole(reader, folder)));

    /// <summary>Reads one file after another. An exception that is not documented counts as a crash.</summary>
    public static void Read(FuzzReader reader, string folder)
    {
        // Not before: what is instrumented writes to memory that the fuzzer provides.
        var whole = new Lazy<byte[]>(() => Whole(reader, folder));
        var path = Path.Combine(folder, "file");
        Fuzzer.OutOfProcess.Run(stream =>
        {
            using var part = new MemoryStream();
            stream.CopyTo(part);
            File.WriteAllBytes(path, reader.WithPart(whole.Value, part.ToArray()));
            try
            {
                reader.Read(path);
            }
            catch (Exception exception) when (reader.IsDocumented(Victim.Inner(exception)))
            {
            }
        });
    }

    // Of the same numbers in each process, so that the part that is not changed fits the seed.
    private static byte[] Whole(FuzzReader reader, string folder)
    {
        TorchRuntime.EnsureLoaded();
        torch.random.manual_seed(1);
        return reader.Make(folder);
    }
}
