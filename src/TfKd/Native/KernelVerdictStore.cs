using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>
/// Remembers verdicts between runs: one small JSON file a machine, in a folder of the user's. A file that is missing, damaged or of another
/// machine is as good as none, and a folder that cannot be written costs no more than the time of the next check.
/// </summary>
internal sealed class KernelVerdictStore
{
    private static readonly JsonSerializerOptions _json = new()
    {
        TypeInfoResolver = ReflectionJson.Resolver,
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _path;
    private readonly string _machine;
    private readonly Dictionary<string, Entry> _entries;
    private bool _changed;

    public KernelVerdictStore(string folder, string machine)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(machine)));
        (_path, _machine) = (Path.Combine(folder, $"kernels-{hash[..16]}.json"), machine);
        _entries = Read();
    }

    /// <summary>The user's folder for what may be lost: XDG_CACHE_HOME or ~/.cache, on Windows the local application data.</summary>
    public static string DefaultFolder
    {
        get
        {
            var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            var folder = OperatingSystem.IsWindows() ? local : string.IsNullOrEmpty(cache) ? Path.Combine(home, ".cache") : cache;
            return Path.Combine(folder, "tfkd");
        }
    }

    public KernelVerdict? Find(ConvolutionSignature signature, ComputePath path) =>
        _entries.GetValueOrDefault(Key(signature, path)) is { } entry
        ? new KernelVerdict(signature.ToString(), path, entry.Error, entry.Milliseconds)
        : null;

    public void Add(ConvolutionSignature signature, KernelVerdict verdict)
    {
        if (verdict is not { Error: { } error, Milliseconds: { } milliseconds })
            throw new ArgumentException("Only what was run can be remembered.", nameof(verdict));
        _entries[Key(signature, verdict.Path)] = new Entry(error, milliseconds);
        _changed = true;
    }

    /// <summary>Writes what was added; a run that reads or is stopped at the same time finds a whole file.</summary>
    public void Save()
    {
        if (!_changed)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            AtomicFile.Write(_path, stream => JsonSerializer.Serialize(stream, new Content(_machine, _entries), _json));
            _changed = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The verdicts hold for this run; the next one finds them again.
        }
    }

    private Dictionary<string, Entry> Read()
    {
        try
        {
            var content = JsonSerializer.Deserialize<Content>(File.ReadAllBytes(_path), _json);
            return content?.Machine == _machine && content.Verdicts is { } verdicts && !verdicts.ContainsValue(null!) ? verdicts : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    private static string Key(ConvolutionSignature signature, ComputePath path) => $"{signature}, {path}";

    private sealed record Entry(double Error, double Milliseconds);

    private sealed record Content(string Machine, Dictionary<string, Entry> Verdicts);
}
