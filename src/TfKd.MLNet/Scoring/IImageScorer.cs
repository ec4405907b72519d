namespace TfKd.MLNet;

/// <summary>Scores images; may be called from several threads at once.</summary>
internal interface IImageScorer : IDisposable
{
    /// <summary>Writes the probabilities of the classes, and the embeddings, where there is memory for them.</summary>
    /// <param name="images">Planar pixels, [N,C,H,W].</param>
    /// <param name="count">N, at least 1.</param>
    /// <param name="scores">[N,K]; empty: they are not asked for.</param>
    /// <param name="embeddings">[N,D]; empty: they are not asked for, or the model gives none.</param>
    /// <exception cref="ObjectDisposedException">The scorer was disposed.</exception>
    void Score(ReadOnlyMemory<byte> images, int count, Memory<float> scores, Memory<float> embeddings);
}
