using System.Globalization;

namespace TfKd.FuzzProbe;

/// <summary>The process that reads damaged files. Not named as others that reference it are.</summary>
internal static class EntryPoint
{
    /// <summary>READER SEED FIRST COUNT: reads so many damaged files, from the first number on, and prints a line of each.</summary>
    private static void Main(string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var folder = Directory.CreateTempSubdirectory("tfkd-fuzz-");
        try
        {
            Victim.Read(FuzzReader.Named(args[0]), int.Parse(args[1]), int.Parse(args[2]), int.Parse(args[3]), folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
