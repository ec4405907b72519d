using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The checkpoint of a run: one .safetensors file in a folder, replaced now and then by a file that is whole. It holds the tensors of
/// all parts of the run, and as text what run it belongs to and where that stands.
/// </summary>
/// <param name="directory">The folder; made when it is missing.</param>
/// <param name="identity">What determines the run, named: a checkpoint of another run is not continued from.</param>
/// <exception cref="InvalidOperationException">A member of it has no canonical text.</exception>
internal sealed class RunCheckpoint(string directory, params (string Name, object? Value)[] identity)
{
    private const string IdentityKey = "identity";
    // Of versions that compared plans by what they print.
    private const string OldKey = "plan";
    private const string StateKey = "state";

    private readonly string _identity = CanonicalText.Of(identity);

    public string Path { get; } = PathIn(directory);

    /// <summary>
    /// Makes a folder ready for checkpoints, and finds out at the beginning of a run, not after hours, whether they can be written.
    /// </summary>
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
            var found = (exception.InnerException ?? exception).Message;
            throw new IOException(
                $"CheckpointDirectory '{directory}' is of no use: expected a folder that can be made and written to, found: {found}",
                exception)
            {
                HResult = exception.HResult,
            };
        }
    }

    /// <param name="parts">All that has tensors.</param>
    /// <param name="state">Where the run stands, as its own text.</param>
    public void Save(IEnumerable<CheckpointPart> parts, string state)
    {
        using var scope = NewDisposeScope();
        var tensors = parts.SelectMany(part => part.Read().Select(entry => KeyValuePair.Create(part.Prefix + entry.Key, entry.Value)));
        Directory.CreateDirectory(directory);
        SafeTensors.Write(Path, [.. tensors], new Dictionary<string, string> { [IdentityKey] = _identity, [StateKey] = state });
    }

    /// <summary>Puts the tensors of all parts in place and returns where the run stood; null where there is no checkpoint.</summary>
    /// <exception cref="InvalidOperationException">The checkpoint was made by another plan.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public string? TryLoad(IEnumerable<CheckpointPart> parts)
    {
        if (!File.Exists(Path))
            return null;
        var metadata = SafeTensors.ReadHeader(Path).Metadata;
        if (!metadata.TryGetValue(StateKey, out var state) || !(metadata.ContainsKey(IdentityKey) || metadata.ContainsKey(OldKey)))
        {
            throw new InvalidDataException(
                $"'{Path}' is not the checkpoint of a run: expected the texts '{IdentityKey}' and '{StateKey}' in it, "
                + $"found [{string.Join(", ", metadata.Keys)}].");
        }

        Check(metadata.GetValueOrDefault(IdentityKey));
        using var scope = NewDisposeScope();
        var tensors = SafeTensors.Read(Path);
        foreach (var part in parts)
            part.Load(WithPrefix(tensors, part.Prefix));
        return state;
    }

    private void Check(string? other)
    {
        if (other == _identity)
            return;
        if (other?.StartsWith(CanonicalText.Header + "\n", StringComparison.Ordinal) != true)
        {
            throw new InvalidOperationException(
                $"'{Path}' is a checkpoint of another version of this library, which told plans apart in another way; "
                + "choose another folder, or delete it.");
        }

        var differences = IdentityDifference.Describe(other, _identity, CanonicalText.DefaultsOf(identity));
        throw new InvalidOperationException(
            $"'{Path}' is the checkpoint of another run; choose another folder, or delete it. They differ in\n{differences}");
    }

    private static string PathIn(string directory) => System.IO.Path.Combine(directory, "checkpoint.safetensors");

    private static Dictionary<string, Tensor> WithPrefix(Dictionary<string, Tensor> tensors, string prefix) =>
        tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value);
}
