using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TfKd;
using TorchSharp;
using static TorchSharp.torch;

namespace CustomObjective;

/// <summary>
/// A teacher of one's own, without a network: it knows how much of each colour the images of a class have on average, and finds a class the
/// more likely the more alike the colours of an image are to them.
/// </summary>
/// <remarks>
/// The logit of a class is <see cref="Sharpness"/> times the sum over colours of sqrt(h(i) c(i)), h and c being the shares of the image and
/// of the class: the coefficient of Bhattacharyya, 'On a measure of divergence between two statistical populations', Bulletin of the
/// Calcutta Mathematical Society, 1943.
/// </remarks>
internal sealed record ColourTeacher : TeacherSource
{
    /// <summary>Shades that are told apart in each channel, 2 to 16; default 4, which makes 64 colours of RGB.</summary>
    public int Shades
    {
        get;
        init => field = value is >= 2 and <= 16 ? value : throw new ArgumentOutOfRangeException(nameof(Shades), value,
            $"Shades must be within [2, 16], but is {value}.");
    } = 4;

    /// <summary>How sure the teacher is of what it sees, above 0; default 40.</summary>
    public double Sharpness
    {
        get;
        init => field = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Sharpness), value, $"Sharpness must be above 0 and finite, but is {value}.");
    } = 40;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        var training = context.Training ?? throw new InvalidOperationException(
            $"{nameof(ColourTeacher)} learns its colours from the training rows, but the context has none.");
        using var scope = NewDisposeScope();
        var roots = ColoursOfClasses(training).sqrt();
        var hash = Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<float>(roots.data<float>().ToArray())));
        var fingerprint = string.Create(CultureInfo.InvariantCulture, $"{nameof(ColourTeacher)} {Shades} {Sharpness:R} {hash}");
        // The teacher outlives the scope and disposes its tensor itself. Transposed, for the product with a batch.
        return new ColourComparison(this, roots.t().to(context.Device).DetachFromDisposeScope(), fingerprint);
    }

    /// <summary>The mean shares of the rows of each class, [K, colours]; zeros for a class without rows.</summary>
    private Tensor ColoursOfClasses(IImageSource training)
    {
        using var scope = NewDisposeScope();
        var shape = training.Shape;
        var classCount = training.ClassNames.Count;
        var sums = zeros(classCount, ColourCount(shape.Channels));
        var counts = zeros(classCount, 1);
        var pixels = new byte[shape.ByteCount];
        for (var row = 0; row < training.Count; row++)
        {
            using var rowScope = NewDisposeScope();
            training.ReadPixels(row, pixels);
            var label = training.GetLabel(row);
            sums[label].add_(ColoursOf(tensor(pixels, [1, shape.Channels, shape.Height, shape.Width]))[0]);
            counts[label].add_(1);
        }

        return (sums / counts.clamp_min(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The share of the pixels that each colour has.</summary>
    /// <param name="images">[N,C,H,W], values 0 to 255, bytes or floating point.</param>
    /// <returns>[N, colours].</returns>
    private Tensor ColoursOf(Tensor images)
    {
        using var scope = NewDisposeScope();
        var shades = (images.to(ScalarType.Float32) * (Shades / 256.0)).floor().clamp(0, Shades - 1).to(ScalarType.Int64).flatten(2);
        var colours = shades.select(1, 0);
        for (var channel = 1; channel < shades.shape[1]; channel++)
            colours = colours * Shades + shades.select(1, channel);
        var counts = zeros(images.shape[0], ColourCount(images.shape[1]), device: images.device);
        counts.scatter_add_(1, colours, ones_like(colours, ScalarType.Float32));
        return (counts / colours.shape[1]).MoveToOuterDisposeScope();
    }

    private long ColourCount(long channels) => (long)Math.Pow(Shades, channels);

    /// <summary>Sees pixels alone, so its answers can be kept: it says what they depend on.</summary>
    private sealed class ColourComparison(ColourTeacher source, Tensor roots, string fingerprint) : Teacher
    {
        public override string Fingerprint => fingerprint;

        protected override TeacherSignal TeachCore(ImageBatch batch) =>
            new(source.ColoursOf(batch.Images).sqrt().matmul(roots) * source.Sharpness);

        protected override void DisposeCore() => roots.Dispose();
    }
}
