namespace TfKd.MLNet;

/// <summary>Runs an ONNX model over rows with labels.</summary>
internal static class LogitScorer
{
    /// <summary>The output and the label of each row, in the order of the source.</summary>
    /// <param name="onnx">Maps <c>images</c> to <c>scores</c>, here logits.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="batchSize">Rows a call.</param>
    /// <param name="token">Stops between calls.</param>
    public static List<(float[] Logits, int Label)> Answers(byte[] onnx, IImageSource rows, int batchSize, CancellationToken token)
    {
        var (shape, width) = (rows.Shape, rows.ClassNames.Count);
        using var scorer = new OnnxScorer(onnx, OnnxContent.TryRead(onnx), shape, width);
        var (images, scores) = (new byte[batchSize * shape.ByteCount], new float[batchSize * width]);
        var answers = new List<(float[], int)>(rows.Count);
        for (var first = 0; first < rows.Count; first += batchSize)
        {
            token.ThrowIfCancellationRequested();
            var count = Math.Min(batchSize, rows.Count - first);
            for (var row = 0; row < count; row++)
                rows.ReadPixels(first + row, images.AsSpan(row * shape.ByteCount, shape.ByteCount));
            scorer.Score(images.AsMemory(0, count * shape.ByteCount), count, scores.AsMemory(0, count * width), embeddings: default);
            for (var row = 0; row < count; row++)
                answers.Add((scores[(row * width)..((row + 1) * width)], rows.GetLabel(first + row)));
        }

        return answers;
    }
}
