using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace OnnxServing;

/// <summary>
/// The photos of a folder and of those below it, by ordinal order of their paths from there; or those of a text file, a path a line, in its
/// order. Of a folder all paths are held, of a text file none.
/// </summary>
internal sealed class PhotoList
{
    private static readonly HashSet<string> _extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp", ".ico", ".wbmp",
    };

    private readonly Func<IEnumerable<string>> _names;
    private readonly string _input;
    private readonly byte[] _hash;

    private PhotoList(string input, string root, Func<IEnumerable<string>> names)
    {
        (_input, Root, _names) = (input, root, names);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in names())
        {
            Append(hash, name);
            Count++;
        }

        _hash = hash.GetHashAndReset();
        if (Count == 0)
            throw new InvalidDataException($"'{input}' must have photos ({string.Join(' ', _extensions)}) or name some, but has none.");
    }

    /// <summary>Where paths that are not absolute start: the folder, or the one that the text file is in.</summary>
    public string Root { get; }

    /// <summary>How many there are.</summary>
    public long Count { get; }

    /// <summary>A hash of all paths in their order. What is in the files is not in it.</summary>
    public string Fingerprint => Convert.ToHexStringLower(_hash);

    /// <summary>Reads the paths once, to count and to hash them.</summary>
    /// <param name="input">A folder or a text file.</param>
    /// <exception cref="InvalidDataException">There are no photos.</exception>
    public static PhotoList Open(string input)
    {
        var full = Path.GetFullPath(input);
        if (!Directory.Exists(full))
            return new PhotoList(input, Path.GetDirectoryName(full)!, () => File.ReadLines(full).Where(line => line.Length > 0));
        var names = Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories)
            .Where(path => _extensions.Contains(Path.GetExtension(path)))
            .Select(path => Path.GetRelativePath(full, path).Replace(Path.DirectorySeparatorChar, '/'))
            .ToArray();
        Array.Sort(names, StringComparer.Ordinal);
        return new PhotoList(input, full, () => names);
    }

    /// <summary>How many photos a shard has.</summary>
    public long CountOf(Shard shard) => (Count - shard.Index + shard.Count - 1) / shard.Count;

    /// <summary>The paths of a shard, in their order.</summary>
    /// <exception cref="InvalidDataException">At the end: the text file is another one than when it was opened.</exception>
    public async IAsyncEnumerable<string> Read(Shard shard, [EnumeratorCancellation] CancellationToken token = default)
    {
        await Task.CompletedTask;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var place = 0L;
        foreach (var name in _names())
        {
            token.ThrowIfCancellationRequested();
            Append(hash, name);
            if (shard.Has(place++))
                yield return name;
        }

        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(_hash))
            throw new InvalidDataException($"'{_input}' was changed while it was read: start again.");
    }

    private static void Append(IncrementalHash hash, string name)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(name));
        hash.AppendData([0]);
    }
}
