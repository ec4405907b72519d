using System.Security.Cryptography;
using System.Text;
using TfKd.Tests;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.FuzzProbe;

/// <summary>Weight files of a format, of a small state dict.</summary>
internal sealed class WeightFileReader(string format) : FuzzReader
{
    public override string Name => format;

    public override string? WhyAlteredIsAccepted => format switch
    {
        "pth" => null,
        _ => $"the format {format} has no checksum",
    };

    public override byte[] Make(string folder)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["conv1.weight"] = randn(4, 3, 3, 3),
            ["bn1.running_var"] = rand(4),
            ["bn1.num_batches_tracked"] = tensor(7L),
            ["fc.weight"] = randn(3, 4),
            ["fc.bias"] = randn(3),
        };
        if (format == "safetensors")
        {
            using var stream = new MemoryStream();
            SafeTensors.Write(stream, tensors, new Dictionary<string, string> { ["format"] = "pt" });
            return stream.ToArray();
        }

        var (root, storages) = TorchSamples.StateDict(tensors);
        return format == "pth" ? TorchSamples.Zip(root, storages) : TorchSamples.Legacy(root, storages);
    }

    public override string Read(string path)
    {
        using var scope = NewDisposeScope();
        return HashOf(WeightFile.Read(path));
    }

    /// <summary>Of names, types, shapes and values.</summary>
    public static string HashOf(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, tensor) in tensors.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {tensor.dtype} {string.Join(',', tensor.shape)}\n"));
            if (tensor.numel() > 0)
                hash.AppendData(tensor.contiguous().bytes.ToArray());
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
