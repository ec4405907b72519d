namespace TfKd.MLNet;

/// <summary>Whether one scorer's scores are another's: a graphics card may be broken, or its driver of another version.</summary>
internal static class ScoreParity
{
    // A card may compute in numbers of ten bits and a half, and scores are shares of 1.
    private const float Tolerance = 0.05f;

    private const int ImageCount = 4;

    /// <summary>Compares the scores of a few images of noise, darker and brighter ones.</summary>
    /// <param name="found">What is to be trusted.</param>
    /// <param name="expected">What is trusted.</param>
    /// <param name="shape">Of the images.</param>
    /// <param name="classCount">Number of scores.</param>
    /// <param name="name">What the message calls the first.</param>
    /// <exception cref="InvalidOperationException">They differ by more than rounding.</exception>
    public static void Require(IImageScorer found, IImageScorer expected, ImageShape shape, int classCount, string name)
    {
        var random = new Random(1);
        var images = new byte[ImageCount * shape.ByteCount];
        for (var i = 0; i < images.Length; i++)
            images[i] = (byte)random.Next(256 * (1 + i / shape.ByteCount) / ImageCount);
        var (own, others) = (Score(found), Score(expected));
        for (var i = 0; i < own.Length; i++)
        {
            // No number is within no tolerance.
            if (!(Math.Abs(own[i] - others[i]) <= Tolerance))
            {
                throw new InvalidOperationException(FormattableString.Invariant(
                    $"{name} computes wrong scores here: {own[i]:G4} where the processor has {others[i]:G4}, image {i / classCount} of ")
                    + $"{ImageCount} and class {i % classCount}. Its driver and libraries may be of other versions than this version of "
                    + "ONNX Runtime is made for.");
            }
        }

        float[] Score(IImageScorer scorer)
        {
            var scores = new float[ImageCount * classCount];
            scorer.Score(images, ImageCount, scores, embeddings: default);
            return scores;
        }
    }
}
