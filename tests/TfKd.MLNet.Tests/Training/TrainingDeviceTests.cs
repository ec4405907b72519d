using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace TfKd.MLNet.Tests;

/// <summary>Who decides where a Fit computes: its options, then the MLContext, as for ML.NET's own trainers.</summary>
public sealed class TrainingDeviceTests
{
    private const string NoCard = "libtorch finds no graphics card of NVIDIA's. It needs one, its driver, and the NuGet package TorchSharp-cuda-";

    private static readonly TorchImageClassificationTrainer.Options _options = TrainingRuns.Options with { MaxEpochs = 1 };

    [Fact]
    public void A_card_that_is_missing_is_an_error_where_the_context_has_no_fallback()
    {
        SkipWithCard();
        Assert.StartsWith(
            $"MLContext.GpuDeviceId is 0, but that device cannot be used: {NoCard}",
            Assert.Throws<InvalidOperationException>(() => Fit(_options, fallback: false)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_card_that_is_missing_is_a_warning_where_the_context_falls_back()
    {
        SkipWithCard();
        var warning = Assert.Single(Fit(_options, fallback: true));
        Assert.StartsWith($"MLContext.GpuDeviceId is 0, but that device cannot be used: {NoCard}", warning, StringComparison.Ordinal);
        Assert.EndsWith(" The CPU is used instead.", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void The_device_of_the_options_is_used_whatever_the_context_says() =>
        Assert.Empty(Fit(_options with { Device = torch.CPU }, fallback: false));

    [Fact]
    public void A_device_of_the_options_that_is_missing_is_an_error()
    {
        SkipWithCard();
        Assert.StartsWith(
            $"The device 'cuda:0' cannot be used: {NoCard}",
            Assert.Throws<InvalidOperationException>(() =>
                Fit(_options with { Device = new torch.Device(DeviceType.CUDA, 0) }, fallback: true)).Message,
            StringComparison.Ordinal);
    }

    private static void SkipWithCard() => Assert.SkipWhen(torch.cuda.is_available(), "There is a graphics card here.");

    private static List<string> Fit(TorchImageClassificationTrainer.Options options, bool fallback)
    {
        var (ml, warnings) = (new MLContext(seed: 1) { GpuDeviceId = 0, FallbackToCpu = fallback }, new List<string>());
        ml.Log += (_, message) =>
        {
            if (message.Kind == ChannelMessageKind.Warning)
                warnings.Add(message.RawMessage);
        };
        ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(TrainingRuns.Rows(ml)).Dispose();
        return warnings;
    }
}
