using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>A weight file that is gone when the test is.</summary>
internal sealed class WeightsOnDisk : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public WeightsOnDisk(byte[] content, string name = "weights.pth")
    {
        Path = System.IO.Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(Path, content);
    }

    public WeightsOnDisk(Dictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
        : this(SafeTensorsSamples.ToBytes(tensors, metadata), "weights.safetensors")
    {
    }

    public string Path { get; }

    public void Dispose() => _folder.Delete(recursive: true);
}
