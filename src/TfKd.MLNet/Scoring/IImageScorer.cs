namespace TfKd.MLNet;

/// <summary>Scores images; may be called from several threads at once.</summary>
internal interface IImageScorer : IDisposable
{
    /// <summary>Writes the probabilities of the classes.</summary>
    /// <param name="images">Planar pixels, [N,C,H,W].</param>
    /// <param name="count">N, at least 1.</param>
    /// <param name="scores">[N,K].</param>
    /// <exception cref="ObjectDisposedException">The scorer was disposed.</exception>
    void Score(ReadOnlyMemory<byte> images, int count, Memory<float> scores);
}
