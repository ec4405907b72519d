using System.Globalization;

namespace TfKd.SurvivalProbe;

/// <summary>The process that trains. Not named as others that reference it are.</summary>
internal static class EntryPoint
{
    /// <summary>
    /// EPOCHS [FOLDER]: trains for so many epochs, with checkpoints in the folder where there is one; prints a line when it begins, and the
    /// hash of the weights at the end.
    /// </summary>
    private static void Main(string[] args) =>
        Console.WriteLine(Probe.Train(int.Parse(args[0], CultureInfo.InvariantCulture), args.Length > 1 ? args[1] : null));
}
