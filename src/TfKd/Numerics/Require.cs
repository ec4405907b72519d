using System.Numerics;
using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Range checks of hyper-parameters and shape checks of tensors; each message names the property, what was expected and what came.
/// </summary>
internal static class Require
{
    public static T Positive<T>(T value, [CallerMemberName] string name = "") where T : INumber<T> =>
        value > T.Zero && IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be above 0 and finite, but is {value}.");

    public static T NotNegative<T>(T value, [CallerMemberName] string name = "") where T : INumber<T> =>
        value >= T.Zero && IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 0 or above and finite, but is {value}.");

    public static double Finite(double value, [CallerMemberName] string name = "") =>
        double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be finite, but is {value}.");

    /// <summary>0 and 1 are allowed.</summary>
    public static double Fraction(double value, [CallerMemberName] string name = "") =>
        value is >= 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be within [0, 1], but is {value}.");

    /// <summary>0 is allowed, 1 is not.</summary>
    public static double FractionBelowOne(double value, [CallerMemberName] string name = "") =>
        value is >= 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be within [0, 1), but is {value}.");

    /// <summary>0 and 1 are not allowed.</summary>
    public static double OpenFraction(double value, [CallerMemberName] string name = "") =>
        value is > 0 and < 1
            ? value
            : throw new ArgumentOutOfRangeException(name, value, $"{name} must be above 0 and below 1, but is {value}.");

    /// <summary>Checks that the two ends of a range are in order.</summary>
    public static void Ordered(double low, double high, [CallerArgumentExpression(nameof(low))] string lowName = "",
        [CallerArgumentExpression(nameof(high))] string highName = "")
    {
        if (low > high)
            throw new InvalidOperationException($"{lowName} must not be above {highName}, but is {low}, and {highName} is {high}.");
    }

    /// <summary>Checks that a number is a named value of its enumeration.</summary>
    public static T Defined<T>(T value, [CallerMemberName] string name = "") where T : struct, Enum =>
        Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                name, value, $"{name} must be one of {string.Join(", ", Enum.GetNames<T>())}, but is {value}.");

    /// <summary>Checks that a number is one of two or more, in their order.</summary>
    public static int OneOf(int value, ReadOnlySpan<int> expected, [CallerMemberName] string name = "") =>
        expected.Contains(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                name, value, $"{name} must be {string.Join(", ", expected[..^1].ToArray())} or {expected[^1]}, but is {value}.");

    public static T NotNull<T>(T value, [CallerMemberName] string name = "") where T : class =>
        value ?? throw new ArgumentNullException(name);

    /// <summary>Checks the name of a column or a file.</summary>
    public static string Name(string value, [CallerMemberName] string name = "") =>
        !string.IsNullOrWhiteSpace(value)
            ? value
            : throw new ArgumentException($"{name} must be a name, but is {(value is null ? "null" : "empty")}.", name);

    /// <summary>Checks that logits are a matrix [N,K] of floating point numbers.</summary>
    public static Tensor Logits(Tensor tensor, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dim() != 2 || !tensor.is_floating_point())
            throw new ArgumentException(
                $"{name} must be floating point of shape [N,K], but is {tensor.dtype} of shape {ShapeText(tensor)}.", name);
        return tensor;
    }

    /// <summary>Checks that labels are an int64 vector [N] with as many rows as the logits, each the index of a class.</summary>
    public static Tensor Labels(Tensor tensor, Tensor logits, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dim() != 1 || tensor.dtype != ScalarType.Int64 || tensor.shape[0] != logits.shape[0])
            throw new ArgumentException(
                $"{name} must be Int64 of shape [{logits.shape[0]}], one label a row of the logits {ShapeText(logits)}, but is "
                    + $"{tensor.dtype} of shape {ShapeText(tensor)}.", name);
        using var scope = NewDisposeScope();
        var values = tensor.detach().cpu().data<long>().ToArray();
        if (Array.FindIndex(values, label => label < 0 || label >= logits.shape[1]) is >= 0 and var row)
            throw new ArgumentException(
                $"{name} must be indices of classes within [0, {logits.shape[1]}), but that of row {row} is {values[row]}.", name);
        return tensor;
    }

    /// <summary>Checks that there is a floating point number within [0, 1] for each logit.</summary>
    public static Tensor Indicators(Tensor tensor, Tensor logits, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        SameShape(tensor, logits, name);
        using var scope = NewDisposeScope();
        if (!tensor.is_floating_point() || tensor.ge(0).logical_and(tensor.le(1)).logical_not().any().item<bool>())
            throw new ArgumentException(
                $"{name} must be floating point within [0, 1], one number a class, but are {tensor.dtype}"
                    + (tensor.is_floating_point() ? " with others." : "."),
                name);
        return tensor;
    }

    /// <summary>Checks that two tensors have the same shape.</summary>
    public static Tensor SameShape(Tensor tensor, Tensor other, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (!tensor.shape.AsSpan().SequenceEqual(other.shape))
            throw new ArgumentException($"{name} must have shape {ShapeText(other)}, but has {ShapeText(tensor)}.", name);
        return tensor;
    }

    /// <summary>
    /// Checks that images are a batch [N,C,H,W] of bytes or floating point numbers, of as many rows as there are random numbers for.
    /// </summary>
    public static Tensor Images(Tensor tensor, int rowCount, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dim() != 4 || tensor.shape[0] != rowCount || !(tensor.dtype == ScalarType.Byte || tensor.is_floating_point()))
            throw new ArgumentException(
                $"{name} must be Byte or floating point of shape [{rowCount},C,H,W], but is {tensor.dtype} of shape {ShapeText(tensor)}.",
                name);
        return tensor;
    }

    /// <summary>Checks that the channels of a tensor [N,C,H,W] divide into equal parts, and returns their number.</summary>
    public static long DividedChannels(Tensor tensor, int parts, [CallerArgumentExpression(nameof(tensor))] string name = "")
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dim() != 4 || tensor.shape[1] % parts != 0)
            throw new ArgumentException(
                $"{name} must have shape [N,C,H,W] with channels that divide by {parts}, but has {ShapeText(tensor)}.", name);
        return tensor.shape[1];
    }

    public static string ShapeText(Tensor tensor) => $"[{string.Join(',', tensor.shape)}]";

    private static bool IsFinite<T>(T value) where T : INumber<T> => T.IsFinite(value);
}
