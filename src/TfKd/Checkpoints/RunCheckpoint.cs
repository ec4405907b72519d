using System.Security.Cryptography;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The checkpoint of a run: one .safetensors file in a folder, replaced now and then by a file that is whole. It holds the tensors of
/// all parts of the run, as text what run it belongs to and where that stands, and a checksum of it all. The one before it is kept, for
/// when it is damaged.
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
    private const string ChecksumKey = "checksum";

    private readonly string _identity = CanonicalText.Of(identity);
    private readonly string _before = PathIn(directory, "checkpoint.before.safetensors");
    private bool _isDamaged;

    public string Path { get; } = PathIn(directory);

    /// <summary>
    /// The line of the identity that may differ from that of a checkpoint, and what says of its value there why not, or null. Default null:
    /// none may.
    /// </summary>
    public (string Path, Func<string, string?> Objection)? Extendable { get; init; }

    /// <summary>Tells the run from others.</summary>
    public string IdentityHash => CanonicalText.Hash(_identity);

    /// <summary>The file that was loaded: <see cref="Path"/>, or the one before it.</summary>
    public string LoadedPath { get; private set; } = PathIn(directory);

    /// <summary>Why not the newest file was loaded; null where it was, or none.</summary>
    public string? Warning { get; private set; }

    /// <summary>
    /// Makes a folder ready for checkpoints, and finds out at the beginning of a run, not after hours, whether they can be written.
    /// </summary>
    /// <returns>Keeps other runs out of the folder until it is disposed.</returns>
    /// <exception cref="IOException">They cannot, or another run is in the folder.</exception>
    public static IDisposable Prepare(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            AtomicFile.Probe(PathIn(directory));
            return CheckpointLock.Take(directory);
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
        var tensors = parts.SelectMany(part => part.Read().Select(entry => KeyValuePair.Create(part.Prefix + entry.Key, entry.Value)))
            .ToArray();
        var texts = new Dictionary<string, string> { [IdentityKey] = _identity, [StateKey] = state };
        texts[ChecksumKey] = ChecksumOf(tensors, texts);
        Directory.CreateDirectory(directory);
        // A damaged file must not take the place of the whole one before it.
        AtomicFile.Write(Path, stream => SafeTensors.Write(stream, tensors, texts), _isDamaged ? null : _before);
        _isDamaged = false;
    }

    /// <summary>
    /// Puts the tensors of all parts in place and returns where the run stood; null where there is no checkpoint. Where the newest is
    /// damaged or missing it is the one before, and <see cref="Warning"/> says so.
    /// </summary>
    /// <exception cref="InvalidOperationException">The checkpoint was made by another plan.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, and so is the one before it, or there is none.</exception>
    public string? TryLoad(IEnumerable<CheckpointPart> parts)
    {
        using var scope = NewDisposeScope();
        if (Find() is not var (texts, tensors))
            return null;
        Check(texts);
        Load(tensors, parts);
        return texts[StateKey];
    }

    /// <summary>Puts the tensors of a file in place that another process has found to be that of the run.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static void Load(string path, IEnumerable<CheckpointPart> parts)
    {
        using var scope = NewDisposeScope();
        Load(Read(path).Tensors, parts);
    }

    private static void Load(Dictionary<string, Tensor> tensors, IEnumerable<CheckpointPart> parts)
    {
        foreach (var part in parts)
            part.Load(WithPrefix(tensors, part.Prefix));
    }

    private (IReadOnlyDictionary<string, string> Texts, Dictionary<string, Tensor> Tensors)? Find()
    {
        var hasBefore = File.Exists(_before);
        if (!File.Exists(Path))
        {
            if (!hasBefore)
                return null;
            Warning = $"'{Path}' is missing. The run goes on from the checkpoint before it, '{_before}'.";
            return ReadBefore();
        }

        try
        {
            return Read(Path);
        }
        catch (InvalidDataException exception) when (hasBefore)
        {
            _isDamaged = true;
            Warning = $"{exception.Message} The run goes on from the checkpoint before it, '{_before}'.";
            return ReadBefore();
        }
    }

    private (IReadOnlyDictionary<string, string> Texts, Dictionary<string, Tensor> Tensors) ReadBefore()
    {
        LoadedPath = _before;
        return Read(_before);
    }

    private static (IReadOnlyDictionary<string, string> Texts, Dictionary<string, Tensor> Tensors) Read(string path)
    {
        var texts = SafeTensors.ReadHeader(path).Metadata;
        if (!texts.ContainsKey(StateKey) || !(texts.ContainsKey(IdentityKey) || texts.ContainsKey(OldKey)))
        {
            throw new InvalidDataException(
                $"'{path}' is not the checkpoint of a run: expected the texts '{IdentityKey}' and '{StateKey}' in it, "
                + $"found [{string.Join(", ", texts.Keys)}].");
        }

        var tensors = SafeTensors.Read(path);
        if (texts.TryGetValue(ChecksumKey, out var expected) && ChecksumOf(tensors, texts) is var found && found != expected)
            throw new InvalidDataException($"'{path}' is damaged: expected content of the checksum {expected}, found {found}.");
        return (texts, tensors);
    }

    private void Check(IReadOnlyDictionary<string, string> texts)
    {
        var other = texts.GetValueOrDefault(IdentityKey);
        if (!texts.ContainsKey(ChecksumKey) || other?.StartsWith(CanonicalText.Header + "\n", StringComparison.Ordinal) != true)
        {
            throw new InvalidOperationException(
                $"'{Path}' is a checkpoint of another version of this library, which told plans apart in another way; "
                + "choose another folder, or delete it.");
        }

        if (other == _identity)
            return;
        var defaults = CanonicalText.DefaultsOf(identity);
        var reason = "";
        if (Extendable is var (path, objection) && Others(other, path).SequenceEqual(Others(_identity, path)))
        {
            if (objection(Value(other, path) ?? defaults[path]) is not { } found)
                return;
            reason = "\n" + found;
        }

        var differences = IdentityDifference.Describe(other, _identity, defaults);
        throw new InvalidOperationException(
            $"'{Path}' is the checkpoint of another run; choose another folder, or delete it. They differ in\n{differences}{reason}");
    }

    private static IEnumerable<string> Others(string text, string path) =>
        text.Split('\n').Where(line => IdentityLine.Parse(line).Path != path);

    private static string? Value(string text, string path) =>
        text.Split('\n').Select(IdentityLine.Parse).Where(line => line.Path == path).Select(line => line.Text).FirstOrDefault();

    // Of the bytes that the file would have without it.
    private static string ChecksumOf(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> texts)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
            SafeTensors.Write(stream, tensors, texts.Where(text => text.Key != ChecksumKey).ToDictionary());
        return Convert.ToHexStringLower(hash.Hash!);
    }

    private static string PathIn(string directory, string file = "checkpoint.safetensors") => System.IO.Path.Combine(directory, file);

    private static Dictionary<string, Tensor> WithPrefix(Dictionary<string, Tensor> tensors, string prefix) =>
        tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key[prefix.Length..], entry => entry.Value);
}
