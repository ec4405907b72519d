using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>A storage of a file to try.</summary>
internal sealed record SampleStorage(ScalarType Type, byte[] Values)
{
    public long Count => Values.Length / SafeTensorType.SizeOf(Type);
}

/// <summary>Content of PyTorch's files to try, in both formats.</summary>
internal static class TorchSamples
{
    private static readonly BigInteger Magic = BigInteger.Parse(
        "1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static string StorageName(ScalarType type) => type switch
    {
        ScalarType.Float64 => "DoubleStorage",
        ScalarType.Float32 => "FloatStorage",
        ScalarType.Float16 => "HalfStorage",
        ScalarType.BFloat16 => "BFloat16Storage",
        ScalarType.Int64 => "LongStorage",
        ScalarType.Int32 => "IntStorage",
        ScalarType.Int16 => "ShortStorage",
        ScalarType.Int8 => "CharStorage",
        ScalarType.Byte => "ByteStorage",
        ScalarType.Bool => "BoolStorage",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The persistent id of a storage.</summary>
    public static PicklePersistent Storage(string key, ScalarType type, long count, params object?[] more) =>
        new(new object?[] { "storage", new PickleName("torch", StorageName(type)), key, "cpu", count }.Concat(more).ToArray());

    /// <summary>A tensor.</summary>
    public static PickleCall Tensor(PicklePersistent storage, long offset, long[] shape, long[] strides) =>
        new("torch._utils", "_rebuild_tensor_v2", storage, offset, Tuple(shape), Tuple(strides), false, new PickleCall(
            "collections", "OrderedDict"));

    /// <summary>A state dict of float tensors, one a storage; the keys of the storages are 0, 1, ...</summary>
    public static (Dictionary<string, object?> Root, Dictionary<string, SampleStorage> Storages) StateDict(
        Dictionary<string, Tensor> tensors)
    {
        var root = new Dictionary<string, object?>();
        var storages = new Dictionary<string, SampleStorage>();
        foreach (var (name, tensor) in tensors)
        {
            var key = $"{storages.Count}";
            storages[key] = new(tensor.dtype, tensor.numel() == 0 ? [] : tensor.detach().contiguous().bytes.ToArray());
            root[name] = Tensor(Storage(key, tensor.dtype, tensor.numel()), 0, tensor.shape, tensor.stride());
        }
        return (root, storages);
    }

    /// <summary>A file in the format since 1.6.</summary>
    public static byte[] Zip(
        object? root,
        Dictionary<string, SampleStorage> storages,
        int protocol = 2,
        string? byteOrder = null,
        CompressionLevel compression = CompressionLevel.NoCompression)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("archive/data.pkl", PickleWriter.Write(root, protocol));
            if (byteOrder is not null)
                Add("archive/byteorder", Encoding.ASCII.GetBytes(byteOrder));
            foreach (var (key, storage) in storages)
                Add($"archive/data/{key}", storage.Values);
            Add("archive/version", "3\n"u8.ToArray());

            void Add(string name, byte[] content)
            {
                using var stream = archive.CreateEntry(name, compression).Open();
                stream.Write(content);
            }
        }
        return file.ToArray();
    }

    /// <summary>A file in the format before 1.6.</summary>
    public static byte[] Legacy(
        object? root, Dictionary<string, SampleStorage> storages, int protocol = 2, bool littleEndian = true, long version = 1001) =>
    [
        .. PickleWriter.Write(Magic, protocol),
        .. PickleWriter.Write(version, protocol),
        .. PickleWriter.Write(
            new Dictionary<string, object?> { ["protocol_version"] = version, ["little_endian"] = littleEndian }, protocol),
        .. PickleWriter.Write(root, protocol),
        .. PickleWriter.Write(storages.Keys.ToList<object?>(), protocol),
        .. storages.Values.SelectMany(storage => BitConverter.GetBytes(storage.Count).Concat(storage.Values)),
    ];

    private static object?[] Tuple(long[] numbers) => [.. numbers.Cast<object?>()];
}
