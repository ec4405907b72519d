namespace TfKd.Benchmarks;

/// <summary>
/// Short runs of every kind of plan, and a hash of the weights that each ends with: a change of the code that is to change no number gives
/// the same hashes as the code before it. Weights are the same on one processor and number of threads only, so both are run on one machine.
/// </summary>
internal static class WeightsComparison
{
    private const char Comment = '#';

    /// <param name="file">What the command printed before; null: nothing is compared.</param>
    /// <returns>The exit code: 1 where a plan's hash differs, or stands on one side only.</returns>
    public static int Run(string? file)
    {
        var before = file is null ? null : Read(file);
        var now = new Dictionary<string, string>();
        TorchRuntime.EnsureLoaded();
        Console.WriteLine($"{Comment} {MachineIdentity.Describe()}");
        var folder = Directory.CreateTempSubdirectory("tfkd-weights-");
        try
        {
            foreach (var (name, run) in WeightsPlans.All(folder.FullName))
            {
                now[name] = run();
                Console.WriteLine($"{name} {now[name]}");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return before is null ? 0 : Compare(before, now);
    }

    private static Dictionary<string, string> Read(string file) => File.ReadLines(file)
        .Where(line => line.Length > 0 && line[0] != Comment)
        .Select(line => line.Split(' '))
        .ToDictionary(words => words[0], words => words[1]);

    private static int Compare(Dictionary<string, string> before, Dictionary<string, string> now)
    {
        var names = before.Keys.Union(now.Keys).ToList();
        var different = names.Where(name => before.GetValueOrDefault(name) != now.GetValueOrDefault(name)).ToList();
        foreach (var name in different)
            Console.WriteLine($"{Comment} DIFFERENT: {name}, {HashIn(before, name)} before, {HashIn(now, name)} now");
        Console.WriteLine($"{Comment} {names.Count} plans, {different.Count} of them different");
        return different.Count == 0 ? 0 : 1;
    }

    private static string HashIn(Dictionary<string, string> hashes, string name) => hashes.GetValueOrDefault(name) ?? "not there";
}
