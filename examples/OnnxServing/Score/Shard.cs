using System.Globalization;

namespace OnnxServing;

/// <summary>
/// A share of the photos: those whose place in the list, from 0, has the remainder <paramref name="Index"/> when it is divided by
/// <paramref name="Count"/>. So shards differ by one photo at most, and slow folders are spread over all of them.
/// </summary>
/// <param name="Index">From 0.</param>
/// <param name="Count">How many shards there are.</param>
internal readonly record struct Shard(int Index, int Count)
{
    /// <summary>What says how many shards there are where the scheduler does not.</summary>
    public const string CountVariable = "SCORE_SHARDS";

    private const string Kubernetes = "JOB_COMPLETION_INDEX", Slurm = "SLURM_ARRAY_TASK_ID";

    /// <summary>Reads "3/8": the fourth of eight.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static Shard Parse(string text) =>
        text.Split('/') is [var index, var count] && Number(index) is { } number && Number(count) is { } all
            ? Of(number, all, $"--shard {text}")
            : throw new UsageException($"--shard must be i/N with i from 0 to N-1, as 0/8 and 7/8, but is '{text}'.");

    /// <summary>
    /// The shard that a scheduler's variables name: a task of a Slurm array, or a pod of a Kubernetes Indexed Job, which says its index
    /// only. Without them it is the only one.
    /// </summary>
    /// <param name="read">Gives a variable's value, or null.</param>
    /// <exception cref="UsageException">They name none.</exception>
    public static Shard FromEnvironment(Func<string, string?> read)
    {
        int? count = read(CountVariable) is null ? null : Read(read, CountVariable);
        if (read(Kubernetes) is not null)
        {
            var index = Read(read, Kubernetes);
            return Of(
                index,
                count ?? throw new UsageException(
                    $"{Kubernetes} is {index}, but Kubernetes does not say how many completions the job has: " +
                    $"set {CountVariable} to spec.completions, or give --shard {index}/N."),
                $"{Kubernetes} and {CountVariable}");
        }

        if (read(Slurm) is not null)
            return count is { } all ? Of(Read(read, Slurm), all, $"{Slurm} and {CountVariable}") : OfArray(read);
        return count is null or 1
            ? new Shard(0, 1)
            : throw new UsageException(
                $"{CountVariable} is {count}, but neither {Slurm} nor {Kubernetes} says which shard this is: give --shard i/{count}.");
    }

    /// <summary>Whether the photo at this place belongs to the shard.</summary>
    public bool Has(long place) => place % Count == Index;

    /// <summary>The file of this shard: "scores-00003-of-00008.csv" where there are several, "scores.csv" where there is one.</summary>
    public string FileOf(string output) => Count == 1 ? output : Path.Combine(
        Path.GetDirectoryName(output) ?? "",
        $"{Path.GetFileNameWithoutExtension(output)}-{Index:D5}-of-{Count:D5}{Path.GetExtension(output)}");

    /// <inheritdoc/>
    public override string ToString() => $"{Index}/{Count}";

    private static Shard OfArray(Func<string, string?> read)
    {
        int id = Read(read, Slurm), count = Read(read, "SLURM_ARRAY_TASK_COUNT"), first = Read(read, "SLURM_ARRAY_TASK_MIN");
        var step = read("SLURM_ARRAY_TASK_STEP") is null ? 1 : Read(read, "SLURM_ARRAY_TASK_STEP");
        var last = read("SLURM_ARRAY_TASK_MAX") is null ? first + (count - 1) * step : Read(read, "SLURM_ARRAY_TASK_MAX");
        if (step < 1 || (id - first) % step != 0 || last != first + (count - 1) * step)
        {
            throw new UsageException(
                $"The array's {count} tasks from {first} to {last} in steps of {step} are not evenly spaced, so that {Slurm} {id} names " +
                $"no shard: set {CountVariable}, and {Slurm} counts from 0.");
        }

        return Of((id - first) / step, count, $"{Slurm} and SLURM_ARRAY_TASK_COUNT");
    }

    private static Shard Of(int index, int count, string source) => index >= 0 && index < count
        ? new Shard(index, count)
        : throw new UsageException($"{source}: the shard must be from 0 to {count - 1}, of {count}, but is {index}.");

    private static int Read(Func<string, string?> read, string name) =>
        Number(read(name)) ?? throw new UsageException($"{name} must be a number, but is '{read(name)}'.");

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
