using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.FuzzProbe;

/// <summary>Checkpoints of a run.</summary>
internal sealed class CheckpointReader : FuzzReader
{
    private readonly Dictionary<string, Tensor> _tensors = [];

    public override string Name => "checkpoint";

    public override byte[] Make(string folder)
    {
        if (_tensors.Count == 0)
        {
            _tensors["fc.weight"] = randn(3, 4).DetachFromDisposeScope();
            _tensors["fc.bias"] = randn(3).DetachFromDisposeScope();
        }

        var checkpoint = Open(Path.Combine(folder, "whole"));
        checkpoint.Save([new CheckpointPart("student.", () => _tensors, _ => { })], "{\"Step\":12}");
        return File.ReadAllBytes(checkpoint.Path);
    }

    public override string Read(string path)
    {
        using var folder = new CheckpointFolder(path);
        var found = "";
        var state = Open(folder.Path).TryLoad(
            [new CheckpointPart("student.", () => _tensors, tensors => found = WeightFileReader.HashOf(tensors))]);
        return $"{state} {found}";
    }

    public override bool IsDocumented(Exception exception) => exception is InvalidDataException or InvalidOperationException;

    private static RunCheckpoint Open(string folder) => new(folder, ("Plan", new TrainingPlan()));

    /// <summary>A folder in which the file is the checkpoint, and none before it.</summary>
    private sealed class CheckpointFolder : IDisposable
    {
        public CheckpointFolder(string file)
        {
            Path = file + ".run";
            Directory.CreateDirectory(Path);
            File.Copy(file, System.IO.Path.Combine(Path, "checkpoint.safetensors"), overwrite: true);
        }

        public string Path { get; }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
