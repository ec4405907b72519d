using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// One of the eight orientations of an image: rows and columns swapped, then upside down, then left to right, where it says so.
/// </summary>
internal readonly record struct Orientation(bool IsTransposed, bool IsUpsideDown, bool IsMirrored)
{
    /// <summary>The orientations of a test-time augmentation, the image as it is first.</summary>
    public static IReadOnlyList<Orientation> Of(TestTimeAugmentation augmentation)
    {
        bool[] never = [false], both = [false, true];
        var (transposed, upsideDown, mirrored) = augmentation switch
        {
            TestTimeAugmentation.None => (never, never, never),
            TestTimeAugmentation.HorizontalFlip => (never, never, both),
            TestTimeAugmentation.HorizontalAndVerticalFlip => (never, both, both),
            TestTimeAugmentation.FlipsAndRotations => (both, both, both),
            _ => throw new ArgumentOutOfRangeException(nameof(augmentation), augmentation, "There is no such test-time augmentation."),
        };
        return
        [
            .. from isTransposed in transposed
               from isUpsideDown in upsideDown
               from isMirrored in mirrored
               select new Orientation(isTransposed, isUpsideDown, isMirrored),
        ];
    }

    /// <summary>Refuses images that do not have the same shape in all orientations.</summary>
    /// <exception cref="ArgumentException">They have not.</exception>
    public static void RequireFit(TestTimeAugmentation augmentation, ImageShape shape)
    {
        if (Misfit(augmentation, shape) is { } misfit)
            throw new ArgumentException(misfit, nameof(augmentation));
    }

    /// <summary>What is wrong with images that do not have the same shape in all orientations; null where they have.</summary>
    public static string? Misfit(TestTimeAugmentation augmentation, ImageShape shape) =>
        augmentation == TestTimeAugmentation.FlipsAndRotations && shape.Height != shape.Width
            ? $"{nameof(TestTimeAugmentation)} is {augmentation}, which needs square images, but they are {shape}; expected another "
                + $"size, or {TestTimeAugmentation.HorizontalAndVerticalFlip}."
            : null;

    /// <summary>The dimensions of [N,C,H,W] that run backwards.</summary>
    public long[] FlippedDimensions => (IsUpsideDown, IsMirrored) switch
    {
        (true, true) => [2, 3],
        (true, false) => [2],
        (false, true) => [3],
        _ => [],
    };

    /// <summary>Images [N,C,H,W] in this orientation, in the memory layout that they have.</summary>
    public Tensor Apply(Tensor images)
    {
        if (this == default)
            return images;
        using var scope = NewDisposeScope();
        var turned = IsTransposed ? empty_like(images).copy_(images.transpose(2, 3)) : images;
        return (FlippedDimensions is { Length: > 0 } flipped ? turned.flip(flipped) : turned).MoveToOuterDisposeScope();
    }
}
