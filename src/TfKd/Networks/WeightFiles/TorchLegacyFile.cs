using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// PyTorch's format before 1.6: pickles of a magic number, the protocol's version, the writer's machine, the object, and the keys of its
/// storages; then each storage in the order of the keys, the number of its elements before them.
/// </summary>
internal static class TorchLegacyFile
{
    private const long ProtocolVersion = 1001;

    private static readonly BigInteger MagicNumber = BigInteger.Parse(
        "1950a86a20f9469cfc6c", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <param name="stream">A seekable stream, read from its position to its end.</param>
    /// <param name="dictionary">Which dictionary of tensors to read; null for the only one.</param>
    public static Dictionary<string, Tensor> Read(Stream stream, string? dictionary)
    {
        var storages = new TorchStorages();
        var tensors = StateDict.Find(ReadObject(stream, storages), dictionary);
        var keys = Keys(ReadPickle(stream), storages);
        using var scope = NewDisposeScope();
        var views = TorchStorages.View(
            tensors, ReadStorages(stream, keys, storages, tensors.Values.Select(tensor => tensor.Storage).ToHashSet()));
        foreach (var view in views.Values)
            view.MoveToOuterDisposeScope();
        return views;
    }

    /// <summary>The pickled object; the stream stands behind it, and its storages are not read yet.</summary>
    public static object? ReadObject(Stream stream, TorchStorages storages)
    {
        if (ReadPickle(stream) is not BigInteger magic || magic != MagicNumber)
            throw PickleValue.Invalid("the magic number of PyTorch's format before 1.6", "a pickle without");
        if (ReadPickle(stream) is not ProtocolVersion and var version)
            throw PickleValue.Invalid($"version {ProtocolVersion} of PyTorch's format before 1.6", PickleValue.Describe(version));
        if (ReadPickle(stream) is not PickleDictionary machine
            || !machine.Items.Exists(item => item is { Key: "little_endian", Value: true }))
            throw PickleValue.Invalid("a file of a little-endian machine", "another");
        return new PickleReader(stream, storages.Find).Read();
    }

    private static object? ReadPickle(Stream stream) => new PickleReader(stream, id => id).Read();

    private static List<string> Keys(object? value, TorchStorages storages)
    {
        if (value is not List<object?> list || !list.TrueForAll(item => item is string))
            throw PickleValue.Invalid("a list of the keys of storages", PickleValue.Describe(value));
        var keys = list.Cast<string>().ToList();
        var distinct = keys.ToHashSet(StringComparer.Ordinal);
        if (distinct.Count != keys.Count || !distinct.SetEquals(storages.Known.Keys))
            throw PickleValue.Invalid($"the keys of {storages.Known.Count} storages, each once", $"{keys.Count} keys that are not those");
        return keys;
    }

    private static Dictionary<TorchStorage, Tensor> ReadStorages(
        Stream stream, List<string> keys, TorchStorages storages, HashSet<TorchStorage> wanted)
    {
        var read = new Dictionary<TorchStorage, Tensor>();
        var prefix = new byte[sizeof(long)];
        foreach (var storage in keys.Select(key => storages.Known[key]))
        {
            RequireBytes(stream, sizeof(long), storage);
            stream.ReadExactly(prefix);
            if (BinaryPrimitives.ReadInt64LittleEndian(prefix) is var count && count != storage.Count)
                throw PickleValue.Invalid($"{storage.Count} elements in storage {PickleValue.Quote(storage.Key)}", $"{count}");
            RequireBytes(stream, storage.ByteCount, storage);
            if (wanted.Contains(storage))
                read.Add(storage, TorchStorages.Read(stream, storage));
            else
                stream.Position += storage.ByteCount;
        }
        if (stream.Position != stream.Length)
            throw PickleValue.Invalid("the end behind the last storage", $"{stream.Length - stream.Position} more bytes");
        return read;
    }

    private static void RequireBytes(Stream stream, long count, TorchStorage storage)
    {
        if (count > stream.Length - stream.Position)
            throw PickleValue.Invalid($"{count} bytes of storage {PickleValue.Quote(storage.Key)}", $"{stream.Length - stream.Position}");
    }
}
