using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The checkpoint of a run: one .safetensors file in a folder, replaced now and then by a file that is whole. It holds the tensors of
/// all parts of the run, and as text the plan it belongs to and where the run stands.
/// </summary>
/// <param name="directory">The folder; made when it is missing.</param>
/// <param name="plan">What determines the run, in words: a checkpoint of another plan is not continued from.</param>
internal sealed class RunCheckpoint(string directory, string plan)
{
    private const string PlanKey = "plan";
    private const string StateKey = "state";

    public string Path { get; } = PathIn(directory);

    /// <summary>Makes a folder ready for checkpoints, and finds out at the beginning of a run, not after hours, whether they can be written.</summary>
    /// <exception cref="IOException">They cannot.</exception>
    public static void Prepare(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            AtomicFile.Probe(PathIn(directory));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"CheckpointDirectory '{directory}' is of no use: expected a folder that can be made and written to, found: {(exception.InnerException ?? exception).Message}", exception) { HResult = exception.HResult };
        }
    }

    /// <param name="parts">All that has tensors.</param>
    /// <param name="state">Where the run stands, as its own text.</param>
    public void Save(IEnumerable<CheckpointPart> parts, string state)
    {
        using var scope = NewDisposeScope();
        var tensors = parts.SelectMany(part => part.Read().Select(entry => KeyValuePair.Create(part.Prefix + entry.Key, entry.Value)));
        Directory.CreateDirectory(directory);
        SafeTensors.Write(Path, [.. tensors], new Dictionary<string, string> { [PlanKey] = plan, [StateKey] = state });
    }

    /// <summary>Puts the tensors of all parts in place and returns where the run stood; null where there is no checkpoint.</summary>
    /// <exception cref="InvalidOperationException">The checkpoint was made by another plan.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public string? TryLoad(IEnumerable<CheckpointPart> parts)
    {
        if (!File.Exists(Path))
            return null;
        var metadata = SafeTensors.ReadHeader(Path).Metadata;
        if (!metadata.TryGetValue(PlanKey, out var otherPlan) || !metadata.TryGetValue(StateKey, out var state))
            throw new InvalidDataException($"'{Path}' is not the checkpoint of a run: expected the texts '{PlanKey}' and '{StateKey}' in it, found [{string.Join(", ", metadata.Keys)}].");
        if (otherPlan != plan)
            throw new InvalidOperationException($"'{Path}' is the checkpoint of another run; choose another folder, or delete it. It was made with\n{otherPlan}\nbut this run has\n{plan}");
        using var scope = NewDisposeScope();
        var tensors = SafeTensors.Read(Path);
        foreach (var part in parts)
            part.Load(WithPrefix(tensors, part.Prefix));
        return state;
    }

    private static string PathIn(string directory) => System.IO.Path.Combine(directory, "checkpoint.safetensors");

    private static Dictionary<string, Tensor> WithPrefix(Dictionary<string, Tensor> tensors, string prefix) =>
        tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value);
}
