using TfKd.Tool;

namespace TfKd.MLNet.Tests;

/// <summary>A model that the tool trained once, for all tests that use one.</summary>
public sealed class TrainedByTool : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TrainedByTool()
    {
        Photos = DrawnSigns.DrawFolder(_folder.Path, 45);
        Run = ToolRun.Of(
            "train", "--dataset", Photos, "--output", _folder.Path, "--name", "Signs", "--recipe", "scratch", "--epochs", "2", "--json",
            "--code").GetAwaiter().GetResult().MustSucceed();
    }

    /// <summary>45 photos of three classes.</summary>
    public string Photos { get; }

    public string Folder => Path.Combine(_folder.Path, "Signs");

    public string Model => Path.Combine(Folder, "model.zip");

    /// <summary>One of the photos.</summary>
    public string Photo => Directory.GetFiles(Path.Combine(Photos, "stop")).Order(StringComparer.Ordinal).First();

    internal ToolRun Run { get; }

    public void Dispose() => _folder.Dispose();
}
