using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The checkpoint of a run: one .safetensors file in a folder, replaced after each epoch by a file that is whole. It holds the student's weights, the
/// best weights so far, the optimiser's state, and as text the plan it belongs to and where the run stands.
/// </summary>
/// <param name="directory">The folder; made when it is missing.</param>
/// <param name="plan">What determines the run, in words: a checkpoint of another plan is not continued from.</param>
internal sealed class RunCheckpoint(string directory, string plan)
{
    private const string StudentPrefix = "student.";
    private const string BestPrefix = "best.";
    private const string OptimizerPrefix = "optimizer.";
    private const string PlanKey = "plan";
    private const string StateKey = "state";

    public string Path { get; } = System.IO.Path.Combine(directory, "checkpoint.safetensors");

    /// <param name="student">The network.</param>
    /// <param name="optimizer">Its optimiser.</param>
    /// <param name="best">The best weights so far, where they are not the current ones.</param>
    /// <param name="state">Where the run stands, as its own text.</param>
    public void Save(ImageNetwork student, OptimizerHelper optimizer, WeightSnapshot? best, string state)
    {
        using var scope = NewDisposeScope();
        IEnumerable<KeyValuePair<string, Tensor>> tensors =
        [
            .. student.Body.state_dict().Select(entry => KeyValuePair.Create(StudentPrefix + entry.Key, entry.Value)),
            .. best?.Tensors.Select(entry => KeyValuePair.Create(BestPrefix + entry.Key, entry.Value)) ?? [],
            .. OptimizerTensors.Read(optimizer).Select(entry => KeyValuePair.Create(OptimizerPrefix + entry.Key, entry.Value)),
        ];
        Directory.CreateDirectory(directory);
        SafeTensors.Write(Path, tensors, new Dictionary<string, string> { [PlanKey] = plan, [StateKey] = state });
    }

    /// <summary>Puts the checkpoint's weights and optimiser state in place; null where there is none.</summary>
    /// <exception cref="InvalidOperationException">The checkpoint was made by another plan.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public (string State, WeightSnapshot? Best)? TryLoad(ImageNetwork student, OptimizerHelper optimizer)
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
        NetworkWeights.Apply(student, WithPrefix(tensors, StudentPrefix), $"'{Path}'");
        OptimizerTensors.Apply(optimizer, WithPrefix(tensors, OptimizerPrefix));
        var best = WithPrefix(tensors, BestPrefix);
        foreach (var tensor in best.Values)
            tensor.DetachFromDisposeScope();
        return (state, best.Count > 0 ? WeightSnapshot.Adopt(best) : null);
    }

    private static Dictionary<string, Tensor> WithPrefix(Dictionary<string, Tensor> tensors, string prefix) =>
        tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value);
}
