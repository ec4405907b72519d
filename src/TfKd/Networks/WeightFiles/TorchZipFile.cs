using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// PyTorch's format since 1.6: a zip of one folder with data.pkl, the pickled object; data/0, data/1, ..., its storages; and byteorder, if
/// the version is not old. Entries are stored without compression, so none is longer than the file, and each that is read is compared with
/// its checksum.
/// </summary>
internal static class TorchZipFile
{
    private const string ObjectName = "data.pkl";

    // Far above that of any network; a pickle takes a multiple of its length in memory.
    private const long MaxPickleBytes = 100_000_000;

    /// <param name="stream">A seekable stream whose position is 0.</param>
    /// <param name="dictionary">Which dictionary of tensors to read; null for the only one.</param>
    public static Dictionary<string, Tensor> Read(Stream stream, string? dictionary)
    {
        using var archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        var folder = FindFolder(archive);
        if (archive.GetEntry($"{folder}byteorder") is { } byteOrder && ReadText(byteOrder, stream.Length) is not "little" and var order)
            throw PickleValue.Invalid("the byte order 'little'", PickleValue.Quote(order));
        var storages = new TorchStorages();
        using var pickle = new MemoryStream(ReadBytes(archive.GetEntry(folder + ObjectName)!, Math.Min(stream.Length, MaxPickleBytes)));
        var tensors = StateDict.Find(new PickleReader(pickle, storages.Find).Read(), dictionary);

        using var scope = NewDisposeScope();
        var read = new Dictionary<TorchStorage, Tensor>();
        var left = stream.Length;
        foreach (var storage in tensors.Values.Select(tensor => tensor.Storage).Distinct())
        {
            // Entries may lie one over another, but not add up to more than the file.
            var entry = FindStorage(archive, $"{folder}data/{storage.Key}", storage, left);
            ZipChecksum.Require(entry);
            using var content = entry.Open();
            read.Add(storage, TorchStorages.Read(content, storage));
            left -= storage.ByteCount;
        }
        var views = TorchStorages.View(tensors, read);
        foreach (var view in views.Values)
            view.MoveToOuterDisposeScope();
        return views;
    }

    private static string FindFolder(ZipArchive archive)
    {
        var objects = archive.Entries.Where(
            entry => entry.Name == ObjectName && entry.FullName.Count(character => character == '/') == 1).ToList();
        return objects.Count == 1
            ? objects[0].FullName[..^ObjectName.Length]
            : throw PickleValue.Invalid($"a zip file with one folder that holds {ObjectName}", $"{objects.Count} of them");
    }

    private static ZipArchiveEntry FindStorage(ZipArchive archive, string name, TorchStorage storage, long left)
    {
        var entry = archive.GetEntry(name) ?? throw PickleValue.Invalid($"an entry {PickleValue.Quote(name)}", "none");
        RequireStored(entry, left);
        return entry.Length == storage.ByteCount
            ? entry
            : throw PickleValue.Invalid(
                $"{storage.ByteCount} bytes in {PickleValue.Quote(name)} for {storage.Count} of {storage.Type}", $"{entry.Length}");
    }

    private static void RequireStored(ZipArchiveEntry entry, long limit)
    {
        if (entry.CompressedLength != entry.Length)
            throw PickleValue.Invalid(
                $"an entry {PickleValue.Quote(entry.FullName)} without compression", $"{entry.Length} bytes in {entry.CompressedLength}");
        if (entry.Length > limit)
            throw PickleValue.Invalid($"at most {limit} bytes in {PickleValue.Quote(entry.FullName)}", $"{entry.Length}");
    }

    private static byte[] ReadBytes(ZipArchiveEntry entry, long limit)
    {
        RequireStored(entry, limit);
        ZipChecksum.Require(entry);
        var bytes = new byte[entry.Length];
        using var content = entry.Open();
        content.ReadExactly(bytes);
        return bytes;
    }

    private static string ReadText(ZipArchiveEntry entry, long limit) => System.Text.Encoding.Latin1.GetString(ReadBytes(entry, limit));
}
