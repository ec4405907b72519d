using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Each check at both sides of its bounds, and what it says there.</summary>
public sealed class RequireTests : IDisposable
{
    private static readonly double _justAboveOne = Math.BitIncrement(1);

    private static readonly Dictionary<string, Func<double, double>> _ranges = new()
    {
        ["above 0 and finite"] = value => Require.Positive(value, "P"),
        ["0 or above and finite"] = value => Require.NotNegative(value, "P"),
        ["finite"] = value => Require.Finite(value, "P"),
        ["within [0, 1]"] = value => Require.Fraction(value, "P"),
        ["within [0, 1)"] = value => Require.FractionBelowOne(value, "P"),
        ["above 0 and below 1"] = value => Require.OpenFraction(value, "P"),
    };

    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string, double[], double[]> Ranges => new()
    {
        { "above 0 and finite", [double.Epsilon, double.MaxValue], [0, -double.Epsilon, double.PositiveInfinity, double.NaN] },
        { "0 or above and finite", [0, double.MaxValue], [-double.Epsilon, double.PositiveInfinity, double.NaN] },
        { "finite", [double.MinValue, 0, double.MaxValue], [double.NegativeInfinity, double.PositiveInfinity, double.NaN] },
        { "within [0, 1]", [0, 0.5, 1], [-double.Epsilon, _justAboveOne, double.NaN] },
        { "within [0, 1)", [0, 0.5, Math.BitDecrement(1)], [-double.Epsilon, 1, double.NaN] },
        { "above 0 and below 1", [double.Epsilon, 0.5, Math.BitDecrement(1)], [0, 1, double.NaN] },
    };

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Numbers_are_taken_up_to_the_bounds_of_their_range(string range, double[] taken, double[] refused)
    {
        ArgumentNullException.ThrowIfNull(refused);
        Assert.All(taken, value => Assert.Equal(value, _ranges[range](value)));
        foreach (var value in refused)
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => _ranges[range](value));
            Assert.StartsWith($"P must be {range}, but is {value}.", error.Message, StringComparison.Ordinal);
            Assert.Equal("P", error.ParamName);
        }
    }

    [Fact]
    public void Two_ends_may_be_equal_and_are_named_where_they_are_crossed()
    {
        var (low, high) = (2.0, 1.0);
        Require.Ordered(low, low);
        Require.Ordered(high, low);

        Assert.Equal(
            "low must not be above high, but is 2, and high is 1.",
            Assert.Throws<InvalidOperationException>(() => Require.Ordered(low, high)).Message);
    }

    [Fact]
    public void Values_that_are_not_in_a_list_are_named_beside_it()
    {
        Assert.Equal(16, Require.OneOf(16, [8, 16, 32], "Bits"));
        Assert.StartsWith(
            "Bits must be 8, 16 or 32, but is 9.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Require.OneOf(9, [8, 16, 32], "Bits")).Message,
            StringComparison.Ordinal);
        Assert.Equal(KlReduction.PerElement, Require.Defined(KlReduction.PerElement, "Reduction"));
        Assert.StartsWith(
            "Reduction must be one of PerRow, PerElement, but is 2.",
            Assert.Throws<ArgumentOutOfRangeException>(() => Require.Defined((KlReduction)2, "Reduction")).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "null")]
    [InlineData("", "empty")]
    [InlineData(" ", "empty")]
    public void A_name_has_letters(string? name, string what)
    {
        Assert.Equal("a", Require.Name("a", "File"));

        var error = Assert.Throws<ArgumentException>(() => Require.Name(name!, "File"));

        Assert.Equal($"File must be a name, but is {what}. (Parameter 'File')", error.Message);
    }

    [Fact]
    public void Logits_are_a_matrix_of_floating_point_numbers()
    {
        var logits = zeros(2, 3);
        Assert.Same(logits, Require.Logits(logits));

        AssertRefused("x must be floating point of shape [N,K], but is Float32 of shape [6].", () => Require.Logits(zeros(6), "x"));
        AssertRefused(
            "x must be floating point of shape [N,K], but is Int64 of shape [2,3].",
            () => Require.Logits(zeros(2, 3, ScalarType.Int64), "x"));
    }

    [Fact]
    public void Labels_are_one_index_of_a_class_a_row()
    {
        var (logits, labels) = (zeros(2, 3), tensor(new long[] { 0, 2 }));
        Assert.Same(labels, Require.Labels(labels, logits));

        const string Shape = "x must be Int64 of shape [2], one label a row of the logits [2,3], but is ";
        AssertRefused(Shape + "Int64 of shape [3].", () => Require.Labels(zeros(3, ScalarType.Int64), logits, "x"));
        AssertRefused(Shape + "Int64 of shape [2,1].", () => Require.Labels(zeros(2, 1, ScalarType.Int64), logits, "x"));
        AssertRefused(Shape + "Int32 of shape [2].", () => Require.Labels(zeros(2, ScalarType.Int32), logits, "x"));
        AssertRefused(
            "x must be indices of classes within [0, 3), but that of row 1 is 3.",
            () => Require.Labels(tensor(new long[] { 0, 3 }), logits, "x"));
        AssertRefused(
            "x must be indices of classes within [0, 3), but that of row 0 is -1.",
            () => Require.Labels(tensor(new long[] { -1, 5 }), logits, "x"));
    }

    [Fact]
    public void Shapes_are_compared_and_written_out()
    {
        var images = zeros(2, 4, 5, 6);
        Assert.Same(images, Require.SameShape(images, ones_like(images)));
        Assert.Same(images, Require.Images(images, 2));
        Assert.Equal(ScalarType.Byte, Require.Images(images.to(ScalarType.Byte), 2).dtype);
        Assert.Equal(4, Require.DividedChannels(images, 2));

        AssertRefused("x must have shape [2,4,5,6], but has [2].", () => Require.SameShape(zeros(2), images, "x"));
        const string Images = "x must be Byte or floating point of shape [3,C,H,W], but is ";
        AssertRefused(Images + "Float32 of shape [2,4,5,6].", () => Require.Images(images, 3, "x"));
        AssertRefused(Images + "Float32 of shape [3,4,5].", () => Require.Images(zeros(3, 4, 5), 3, "x"));
        AssertRefused(
            Images + "Int64 of shape [3,1,1,1].", () => Require.Images(zeros([3, 1, 1, 1], ScalarType.Int64), 3, "x"));
        const string Channels = "x must have shape [N,C,H,W] with channels that divide by 3, but has ";
        AssertRefused(Channels + "[2,4,5,6].", () => Require.DividedChannels(images, 3, "x"));
        AssertRefused(Channels + "[2,3].", () => Require.DividedChannels(zeros(2, 3), 3, "x"));
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        var there = zeros(2, 3);
        foreach (var check in (Action[])[() => Require.Logits(null!, "x"), () => Require.Labels(null!, there, "x"),
            () => Require.SameShape(null!, there, "x"), () => Require.Images(null!, 2, "x"), () => Require.DividedChannels(null!, 2, "x")])
            Assert.Equal("x", Assert.Throws<ArgumentNullException>(check).ParamName);
        Assert.Equal("x", Assert.Throws<ArgumentNullException>(() => Require.NotNull<string>(null!, "x")).ParamName);
    }

    private static void AssertRefused(string message, Func<object> check) =>
        Assert.Equal($"{message} (Parameter 'x')", Assert.Throws<ArgumentException>(() => check()).Message);
}
