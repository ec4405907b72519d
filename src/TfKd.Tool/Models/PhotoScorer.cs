using System.Diagnostics;
using Microsoft.ML.Data;
using TfKd.MLNet;

namespace TfKd.Tool;

/// <summary>Scores photos in blocks, and shows how far it is. One that cannot be read spoils no other.</summary>
/// <param name="model">What scores; with ONNX Runtime as a rule, and then without libtorch.</param>
/// <param name="output">Shows how far it is.</param>
internal sealed class PhotoScorer(TorchImageClassificationModel model, ToolOutput output) : IDisposable
{
    // Two blocks of the transformer's own at the usual sizes: enough for all cores, little to wait for.
    private const int BlockSize = 64;

    private readonly TorchImageClassificationTransformer _transformer = ModelLoader.ToTransformer(model);

    /// <summary>Scores the photos, in their order.</summary>
    public IEnumerable<ScoredPhoto> Score(IReadOnlyList<string> paths, CancellationToken token)
    {
        var start = Stopwatch.GetTimestamp();
        var done = 0;
        foreach (var block in paths.Chunk(BlockSize))
        {
            token.ThrowIfCancellationRequested();
            foreach (var photo in ScoreBlock(block, token))
                yield return photo;
            done += block.Length;
            if (done < paths.Count)
            {
                var left = Stopwatch.GetElapsedTime(start) * ((double)(paths.Count - done) / done);
                output.Progress($"{done} of {paths.Count} photos", (double)done / paths.Count, left);
            }
        }

        output.EndProgress();
    }

    /// <inheritdoc/>
    public void Dispose() => _transformer.Dispose();

    private ScoredPhoto[] ScoreBlock(string[] paths, CancellationToken token)
    {
        try
        {
            return ScoreWhole(paths);
        }
        catch (Exception exception) when (Failures.DecodingErrorOf(exception) is not null)
        {
            return [.. paths.Select(path =>
            {
                token.ThrowIfCancellationRequested();
                return ScoreOne(path);
            })];
        }
    }

    private ScoredPhoto ScoreOne(string path)
    {
        try
        {
            return ScoreWhole([path])[0];
        }
        catch (Exception exception) when (Failures.DecodingErrorOf(exception) is { } error)
        {
            return new(path, null, Failures.MessageOf(error));
        }
    }

    private ScoredPhoto[] ScoreWhole(string[] paths)
    {
        var rows = new FolderImagesView([.. paths.Select(path => (path, ""))]);
        return [.. _transformer.Transform(rows).GetColumn<float[]>(_transformer.ScoreColumnName)
            .Zip(paths, (scores, path) => new ScoredPhoto(path, scores, null))];
    }
}
