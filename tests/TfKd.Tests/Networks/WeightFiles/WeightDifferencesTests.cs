using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What is said of weights that do not fit, and of values that no network has.</summary>
public sealed class WeightDifferencesTests : IDisposable
{
    private readonly TorchSharp.DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(3, 0, 0, 0, null)]
    // More than half is missing, and others are there.
    [InlineData(1, 2, 0, 1, "of 3 tensors 2 are missing and 0 different, and 1 are unexpected; these are weights of another network, or "
        + "under other names")]
    [InlineData(2, 2, 0, 1, "of 4 tensors 2 are missing and 0 different, and 1 are unexpected")]
    [InlineData(1, 2, 0, 0, "of 3 tensors 2 are missing and 0 different, and 0 are unexpected; these are weights of a smaller network")]
    [InlineData(2, 1, 0, 0, "of 3 tensors 1 are missing and 0 different, and 0 are unexpected; these are weights of a smaller network")]
    [InlineData(2, 0, 1, 0, "of 3 tensors 0 are missing and 1 different, and 0 are unexpected; these are weights of a network of another "
        + "width, or of other images")]
    [InlineData(3, 0, 0, 2, "of 3 tensors 0 are missing and 0 different, and 2 are unexpected; these are weights of a larger network")]
    [InlineData(2, 0, 1, 2, "of 3 tensors 0 are missing and 1 different, and 2 are unexpected")]
    [InlineData(2, 1, 1, 0, "of 4 tensors 1 are missing and 1 different, and 0 are unexpected")]
    [InlineData(3, 1, 0, 1, "of 4 tensors 1 are missing and 0 different, and 1 are unexpected")]
    public void The_kind_of_difference_is_told_first(int alike, int missing, int different, int unexpected, string? kind)
    {
        var state = Names("a", alike).Concat(Names("m", missing)).Concat(Names("d", different)).ToDictionary(name => name, _ => ones(2));
        var weights = Names("a", alike).Concat(Names("u", unexpected)).ToDictionary(name => name, _ => ones(2));
        foreach (var name in Names("d", different))
            weights[name] = ones(3);
        Assert.Equal(kind, WeightDifferences.Describe(null, state, weights)?.Split(":\n")[0]);
    }

    [Theory]
    [InlineData(20, "")]
    [InlineData(21, "\n... and 1 more")]
    public void Twenty_differences_are_listed(int count, string rest)
    {
        var text = WeightDifferences.Describe(null, Names("m", count).ToDictionary(name => name, _ => ones(2)), [])!;
        var listed = string.Join(
            '\n', Names("m", count).Order(StringComparer.Ordinal).Take(20).Select(name => $"missing: {name} Float32 [2]"));
        Assert.EndsWith($":\n{listed}{rest}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_no_network_has_are_told_by_key_in_their_order()
    {
        var state = new Dictionary<string, Tensor>
        {
            ["b.weight"] = zeros(3),
            ["a.running_var"] = zeros(4),
            ["c.count"] = zeros([1], ScalarType.Int64),
            ["d.weight"] = zeros(0),
            ["e.running_var"] = zeros(2),
        };
        var weights = new Dictionary<string, Tensor>
        {
            ["b.weight"] = tensor(new[] { 1f, float.NaN, float.PositiveInfinity }),
            ["a.running_var"] = tensor(new[] { 0f, -1, 2, -3 }),
            ["c.count"] = ones([1], ScalarType.Int64),
            ["d.weight"] = zeros(0),
            ["e.running_var"] = zeros(2),
            ["f"] = ones(1),
        };
        Assert.Equal(
            [
                "a.running_var: 2 of 4 variances below 0, the first is -1",
                "b.weight: 2 of 3 values not finite in Float32, the first is NaN",
            ],
            WeightValues.Objections(state, weights));
    }

    [Theory]
    [InlineData("0.1,0.2", "0.3,0")]
    [InlineData("0.1,0.2", "-1,0.3")]
    [InlineData("0.1", "0.3,0.4")]
    [InlineData("0.1,x", "0.3,0.4")]
    [InlineData("", "0.3")]
    public void Statistics_that_are_none_are_refused(string mean, string std)
    {
        var keys = NormalizationText.Metadata(ChannelStatistics.ImageNet).Keys.ToArray();
        var (meanKey, stdKey) = (keys.Single(key => key.Contains("mean", StringComparison.Ordinal)), keys.Single(
            key => key.Contains("std", StringComparison.Ordinal)));
        var metadata = new Dictionary<string, string> { [meanKey] = mean, [stdKey] = std };
        Assert.Equal(
            $"the file: expected as many numbers in {stdKey}, each above 0, as in {meanKey}, with commas between, found '{std}' and "
                + $"'{mean}'.",
            Assert.Throws<InvalidDataException>(() => NormalizationText.Read(metadata, "the file")).Message);
        Assert.EndsWith(
            $"found none and '{mean}'.",
            Assert.Throws<InvalidDataException>(
                () => NormalizationText.Read(new Dictionary<string, string> { [meanKey] = mean }, "the file")).Message,
            StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(string prefix, int count) => Enumerable.Range(0, count).Select(k => $"{prefix}{k:00}");
}
