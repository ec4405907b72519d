using System.Security.Cryptography;

namespace TfKd.Tests;

public sealed class SourceFingerprintTests
{
    [Fact]
    public void Plain_rows_keep_their_fingerprint() =>
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(
                [.. "1x1x1\na\nb"u8, .. SHA256.HashData([0, 0, 0, 0, 7]), .. SHA256.HashData([1, 0, 0, 0, 9])])),
            Of());

    /// <summary>Of more rows than are summed at a time.</summary>
    [Fact]
    public void Several_processes_find_what_one_does()
    {
        var rows = new DecodedCache(new ImageShape(3, 2, 2), ["a", "b"]);
        var (random, pixels) = (new Random(1), new byte[12]);
        for (var row = 0; row < 5000; row++)
        {
            random.NextBytes(pixels);
            rows.Add(pixels, row % 2);
        }

        var part = new SourceSubset(rows, Enumerable.Range(0, 4900).Reverse());
        var found = ThreadReplicas.Run(3, replicas => (Print: SourceFingerprint.Of(part, replicas), Statistics: ChannelStatistics.Of(part, replicas)));
        Assert.All(found, one => Assert.Equal((SourceFingerprint.Of(part), ChannelStatistics.Of(part)), one.Result));
    }

    [Fact]
    public void Weights_and_teacher_scores_tell_rows_apart()
    {
        string[] all =
        [
            Of(),
            Of(weights: [1, 2]),
            Of(weights: [2, 1]),
            Of(scores: [[0.5f, 0.25f], [0, 1]]),
            Of(scores: [[0.5f, 0.25f], [1, 0]]),
            Of(weights: [1, 2], scores: [[0.5f, 0.25f], [0, 1]]),
        ];

        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(Of(weights: [1, 2]), Of(weights: [1, 2]));
    }

    private static string Of(float[]? weights = null, float[][]? scores = null)
    {
        var cache = new DecodedCache(new ImageShape(1, 1, 1), ["a", "b"]);
        cache.Add([7], 0, weights?[0] ?? 1, scores?[0] ?? []);
        cache.Add([9], 1, weights?[1] ?? 1, scores?[1] ?? []);
        return SourceFingerprint.Of(cache);
    }
}
