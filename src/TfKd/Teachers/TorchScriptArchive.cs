using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace TfKd;

/// <summary>
/// Looks through a TorchScript file before libtorch does: what libtorch cannot compile ends the process instead of throwing.
/// </summary>
internal static partial class TorchScriptArchive
{
    // Of the largest networks it is a few megabytes.
    private const long MaxCompressedBytes = 256L << 20;
    private const int MaxListed = 20;

    /// <exception cref="InvalidDataException">
    /// It is no zip file, is damaged, has no code, or asks for operators that this libtorch does not have; the message does not name the
    /// file.
    /// </exception>
    public static void Check(string path)
    {
        using var stream = File.OpenRead(path);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
        RequireChecksums(archive, stream.Length);
        var code = archive.Entries.Where(IsCode).ToList();
        if (code.Count == 0)
            throw new InvalidDataException(
                "expected code beside the weights, found none; torch.jit.save writes it, torch.save does not. Weights alone are read by "
                    + $"{nameof(WeightFileTeacher)}");
        var unknown = code.SelectMany(Operators).Distinct(StringComparer.Ordinal).Where(name => !TorchOperators.Has(name))
            .Order(StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
            throw new InvalidDataException(
                $"it asks for operators that this process's libtorch {TorchSharp.torch.__version__} does not have: "
                    + $"{string.Join(", ", unknown.Take(MaxListed))}{(unknown.Count > MaxListed ? ", ..." : "")}. They belong to another "
                    + "library (torchvision, say), to a newer PyTorch, or to optimize_for_inference; save the model without them, or as "
                    + "ONNX");
    }

    /// <summary>The operators that a text of TorchScript asks for, as namespace::name.</summary>
    internal static IEnumerable<string> Operators(string code) =>
        Calls().Matches(Texts().Replace(code, "''")).Select(call => call.Groups["inner"].Success
            ? $"{call.Groups["space"].Value}::{call.Groups["inner"].Value}"
            : $"aten::{call.Groups["name"].Value}");

    private static IEnumerable<string> Operators(ZipArchiveEntry entry)
    {
        using var reader = new StreamReader(entry.Open(), Encoding.UTF8);
        return [.. Operators(reader.ReadToEnd())];
    }

    private static bool IsCode(ZipArchiveEntry entry) =>
        entry.FullName.Contains("/code/", StringComparison.Ordinal) && entry.FullName.EndsWith(".py", StringComparison.Ordinal);

    private static void RequireChecksums(ZipArchive archive, long fileBytes)
    {
        var (stored, compressed) = (fileBytes, MaxCompressedBytes);
        foreach (var entry in archive.Entries)
        {
            // Entries may lie one over another, but what is stored does not add up to more than the file.
            var left = entry.CompressedLength == entry.Length ? stored -= entry.Length : compressed -= entry.Length;
            if (left < 0 || entry.Length < 0)
                throw new InvalidDataException($"its entries, '{entry.FullName}' among them, are longer together than the file can be");
            ZipChecksum.Require(entry);
        }
    }

    [GeneratedRegex("""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|\#[^\n]*""", RegexOptions.CultureInvariant)]
    private static partial Regex Texts();

    // A name is one of an operator where nothing but a call of it can be meant.
    [GeneratedRegex(@"(?<![\w.])(?:torch\.(?<name>\w+)|ops\.(?<space>\w+)\.(?<inner>\w+))\(", RegexOptions.CultureInvariant)]
    private static partial Regex Calls();
}
