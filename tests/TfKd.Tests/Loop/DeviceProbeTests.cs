namespace TfKd.Tests;

/// <summary>A device whose numbers are wrong is refused before the first batch. Here both are the CPU.</summary>
public sealed class DeviceProbeTests
{
    private static readonly ImageShape _shape = new(3, 32, 32);

    [Fact]
    public void A_device_that_computes_as_the_CPU_does_is_taken_and_the_network_stays_as_it_was()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 5);
        network.train();
        var before = Weights(network);
        var (first, second) = (DeviceProbe.Of(network, _shape), DeviceProbe.Of(network, _shape));
        first.RequireSame(second, "cuda:0");
        Assert.Equal(8 * 5, first.Logits.Length);
        Assert.Equal(network.parameters().Count(), first.GradientNorms.Length);
        Assert.All(first.GradientNorms, norm => Assert.True(norm > 0));
        Assert.True(network.training);
        Assert.All(network.parameters(), parameter => Assert.Null(parameter.grad));
        Assert.Equal(before, Weights(network));
    }

    /// <summary>As a card gives them that multiplies with ten bits.</summary>
    [Fact]
    public void Numbers_of_fewer_digits_are_taken()
    {
        using var network = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 5);
        var right = DeviceProbe.Of(network, _shape);
        var rounded = right.Logits.Select((value, i) => value * (1 + (i % 2 == 0 ? 0.005f : -0.005f)));
        right.RequireSame(new([.. rounded], right.GradientNorms), "cuda:0");
    }

    [Theory]
    [InlineData(float.NaN, "the logits differ by NaN and the gradients by 0.0 %")]
    [InlineData(0, "the logits differ by 100.0 % and the gradients by 0.0 %")]
    public void Logits_that_are_others_are_refused(float factor, string found)
    {
        var right = new DeviceProbe([1, -2, 3], [0.5, 0.25]);
        var message = Assert.Throws<InvalidOperationException>(
            () => right.RequireSame(new([.. right.Logits.Select(value => value * factor)], right.GradientNorms), "cuda:0")).Message;
        Assert.Equal(
            $"The device 'cuda:0' computes other numbers than the CPU: of 8 images {found}, expected 5 % at most. A network trained on it "
                + "would be wrong. Update its driver, or train on the CPU.",
            message);
    }

    [Fact]
    public void Gradients_that_are_others_are_refused()
    {
        var right = new DeviceProbe([1, -2, 3], [0.5, 0.25]);
        Assert.Contains(
            "the logits differ by 0.0 % and the gradients by 44.7 %",
            Assert.Throws<InvalidOperationException>(() => right.RequireSame(new(right.Logits, [0.25, 0.25]), "cuda:0")).Message,
            StringComparison.Ordinal);
    }

    private static float[] Weights(ImageNetwork network) =>
        [.. network.Body.state_dict().Values.SelectMany(tensor => tensor.to(TorchSharp.torch.ScalarType.Float32).data<float>().ToArray())];
}
