using System.Globalization;

namespace TfKd.FuzzProbe;

/// <summary>The process that reads damaged files. Not named as others that reference it are.</summary>
internal static class EntryPoint
{
    /// <summary>
    /// <c>READER SEED FIRST COUNT</c> reads so many damaged files, from the first number on, and prints a line of each;
    /// <c>READER seed FILE</c> writes what AFL++ starts from, and <c>READER guided</c> reads what AFL++ makes of it.
    /// </summary>
    private static void Main(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var folder = Directory.CreateTempSubdirectory("tfkd-fuzz-");
        try
        {
            var reader = FuzzReader.Named(args[0]);
            switch (args)
            {
                case [_, "seed", var file]:
                    GuidedVictim.WriteSeed(reader, file, folder.FullName);
                    break;
                case [_, "guided"]:
                    GuidedVictim.Read(reader, folder.FullName);
                    break;
                default:
                    Victim.Read(reader, int.Parse(args[1]), int.Parse(args[2]), int.Parse(args[3]), folder.FullName);
                    break;
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
