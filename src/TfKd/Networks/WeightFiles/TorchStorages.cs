using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>The storages that a pickle refers to, and the reading of them.</summary>
internal sealed class TorchStorages
{
    private const int BufferSize = 1 << 16;

    private readonly Dictionary<string, TorchStorage> _known = new(StringComparer.Ordinal);

    /// <summary>All that the pickle named, by key.</summary>
    public IReadOnlyDictionary<string, TorchStorage> Known => _known;

    /// <summary>
    /// What a persistent id stands for: ('storage', type, key, device, count), and in the older format a sixth, None or the (key, offset,
    /// count) of a part; there also ('module', type, file, source) for the type of a module, whose source text is passed over.
    /// </summary>
    /// <exception cref="InvalidDataException">It is no storage, or another of the same key.</exception>
    public object? Find(object? persistentId)
    {
        if (persistentId is object?[] and ["module", PickleGlobal module, ..])
            return module;
        if (persistentId is not object?[] id || id is not ["storage", PickleGlobal type, string key, _, long and >= 0 and var count, ..]
            || TorchGlobals.StorageType(type) is not { } elements)
            throw PickleValue.Invalid("the type, the key and the size of a storage", Describe(persistentId));
        var storage = new TorchStorage(key, elements, count);
        if (!_known.TryAdd(key, storage) && _known[key] != storage)
            throw PickleValue.Invalid(
                $"storage {PickleValue.Quote(key)}: {_known[key].Count} of {_known[key].Type}, as before", $"{count} of {elements}");
        return id.Length > 5 ? Part(storage, id[5]) : new TorchStorageView(storage, 0, count);
    }

    /// <summary>Reads the elements of one storage; so many bytes must be known to be there.</summary>
    public static Tensor Read(Stream stream, TorchStorage storage)
    {
        var tensor = empty([storage.Count], storage.Type);
        if (storage.Count == 0)
            return tensor;
        tensor.ReadBytesFromStream(stream, (int)Math.Min(storage.ByteCount, BufferSize));
        // Torch takes a byte above 1 in a tensor of truth values for undefined.
        if (storage.Type == ScalarType.Bool && tensor.bytes.ContainsAnyExceptInRange<byte>(0, 1))
            throw PickleValue.Invalid($"storage {PickleValue.Quote(storage.Key)}: bytes 0 and 1 as truth values", "others");
        return tensor;
    }

    /// <summary>The tensors as views of their storages: two of one storage share its memory, as they did where they were saved.</summary>
    public static Dictionary<string, Tensor> View(
        IReadOnlyDictionary<string, StoredTensor> tensors, IReadOnlyDictionary<TorchStorage, Tensor> storages) =>
        tensors.ToDictionary(
            entry => entry.Key,
            entry => storages[entry.Value.Storage].as_strided(entry.Value.Shape, entry.Value.Strides, entry.Value.Offset),
            StringComparer.Ordinal);

    private static TorchStorageView Part(TorchStorage storage, object? part) => part switch
    {
        null => new(storage, 0, storage.Count),
        object?[] and [_, long and >= 0 and var offset, long and >= 0 and var count] when offset <= storage.Count
            && count <= storage.Count - offset => new(storage, offset, count),
        _ => throw PickleValue.Invalid(
            $"the offset and the size of a part of storage {PickleValue.Quote(storage.Key)} of {storage.Count} elements", Describe(part)),
    };

    private static string Describe(object? value) =>
        value is object?[] values ? $"({string.Join(", ", values.Take(10).Select(PickleValue.Describe))})" : PickleValue.Describe(value);
}
