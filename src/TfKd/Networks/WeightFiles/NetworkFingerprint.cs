using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Tells one trained network from another: SHA-256 over its architecture, its normalisation, and the names and values of its weights.
/// </summary>
internal static class NetworkFingerprint
{
    public static string Of(ImageNetwork network)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{ArchitectureJson.Write(network.Architecture)}\n{network.ClassCount}\n"));
        hash.AppendData(MemoryMarshal.AsBytes<double>(network.Normalization.Scale));
        hash.AppendData(MemoryMarshal.AsBytes<double>(network.Normalization.Shift));
        foreach (var (name, tensor) in network.Body.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{name} {tensor.dtype} {Require.ShapeText(tensor)}\n"));
            hash.AppendData(tensor.detach().cpu().contiguous().bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
