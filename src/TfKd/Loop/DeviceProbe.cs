using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// What a network answers to a few images, and how long its gradients are: once on the CPU and once on the device that it is to be trained
/// on. A driver or a card whose numbers are wrong trains a wrong network, and nothing else says so.
/// </summary>
/// <param name="Logits">Of all images, one after the other.</param>
/// <param name="GradientNorms">One a parameter that learns, of the mean square of the logits.</param>
internal sealed record DeviceProbe(float[] Logits, double[] GradientNorms)
{
    /// <summary>
    /// By how much the numbers may differ, of their size: cards that multiply with ten bits of a number's digits, as those of NVIDIA do by
    /// default, differ by some thousandths; wrong ones by all of it.
    /// </summary>
    private const double Tolerance = 0.05;

    private const int Images = 8;

    /// <summary>Asks a network, in evaluation mode, where it is; weights, buffers and gradients stay as they are.</summary>
    public static DeviceProbe Of(ImageNetwork network, ImageShape shape)
    {
        using var scope = NewDisposeScope();
        using var mode = new EvaluationMode(network);
        using var withGradient = enable_grad();
        var bytes = new byte[Images * shape.ByteCount];
        new Random(1).NextBytes(bytes);
        var images = tensor(bytes, [Images, shape.Channels, shape.Height, shape.Width], device: network.Device);
        var logits = network.call(images).to(ScalarType.Float32);
        var gradients = new ParameterGradients(
            logits.square().mean(), [.. network.parameters().Where(parameter => parameter.requires_grad)]);
        return new(logits.detach().cpu().contiguous().data<float>().ToArray(), gradients.Norms());
    }

    /// <summary>Refuses a device that answers otherwise than the CPU.</summary>
    /// <param name="found">What it answered.</param>
    /// <param name="device">Its name.</param>
    /// <exception cref="InvalidOperationException">It does.</exception>
    public void RequireSame(DeviceProbe found, string device)
    {
        var logits = Difference([.. Logits.Select(value => (double)value)], [.. found.Logits.Select(value => (double)value)]);
        var gradients = Difference(GradientNorms, found.GradientNorms);
        // Also where it is no number.
        if (logits <= Tolerance && gradients <= Tolerance)
            return;
        var differences = FormattableString.Invariant(
            $"the logits differ by {logits:P1} and the gradients by {gradients:P1}, expected {Tolerance:P0} at most");
        throw new InvalidOperationException(
            $"The device '{device}' computes other numbers than the CPU: of {Images} images {differences}. A network trained on it would "
                + "be wrong. Update its driver, or train on the CPU.");
    }

    private static double Difference(double[] expected, double[] found)
    {
        var (distance, size) = (0.0, 0.0);
        foreach (var (one, other) in expected.Zip(found))
            (distance, size) = (distance + (one - other) * (one - other), size + one * one);
        return size == 0 ? distance : Math.Sqrt(distance / size);
    }
}
