using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TfKd.Tests;

/// <summary>What matters in the end, on whatever machine the tests run: the path that the check chooses computes right numbers.</summary>
[Collection(ProcessWideState.Name)]
public sealed class ChosenPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ChosenPathTests() => TorchRuntime.EnsureLoaded();

    public static TheoryData<string> Families => ["ResNet-20", "ResNet-18", "DenseNet of growth 12", "MobileNetV2"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void Convolutions_and_gradients_on_the_chosen_path_agree_with_float64(string family)
    {
        var signatures = family switch
        {
            "ResNet-20" => Stacks.Residual(width: 16, stages: 3, size: 32),
            "ResNet-18" => Stacks.Residual(width: 64, stages: 4, size: 32),
            "DenseNet of growth 12" => Stacks.Dense(),
            _ => Stacks.Inverted(),
        };
        ComputePath[] candidates = [new(MemoryLayout.ChannelsLast, true), ComputePath.Default, ComputePath.Trusted];
        var path = KernelCheck.Choose(Stacks.ByBatch(signatures), candidates, new ConvolutionProbe(), new KernelVerdictStore(_folder.Path, "tests"),
            (signature, path) => KernelHazards.IsFatal(signature, path, KernelHazards.ProcessorIsAffected)).Path;

        using (path.Enter())
            Assert.All(signatures, signature => AssertAgrees(signature, path));
    }

    [Fact]
    public void Training_on_the_chosen_path_agrees_with_float64()
    {
        using var network = Stacks.SmallNetwork();
        using var twin = Stacks.SmallNetwork();
        twin.load_state_dict(network.state_dict());
        twin.to(ScalarType.Float64);
        var path = KernelCheck.Choose(network, [3, 12, 12], [8], _folder.Path).Path;
        path.Prepare(network);
        using var generator = new Generator(3);
        using var images = randn([8, 3, 12, 12], generator: generator);
        using var exactImages = images.to(ScalarType.Float64);
        using var arranged = path.Arrange(images);
        using var labels = arange(8).remainder(5);

        double[] losses, exactLosses;
        using (path.Enter())
            losses = Train(network, arranged, labels);
        exactLosses = Train(twin, exactImages, labels);

        Assert.True(exactLosses[^1] < exactLosses[0]);
        Assert.All(losses.Zip(exactLosses), pair => Assert.Equal(pair.Second, pair.First, 1e-4));
        Assert.All(network.parameters().Zip(twin.parameters()), pair =>
            Assert.InRange(Difference(pair.First.detach(), pair.Second.detach()), 0, 1e-3));
    }

    [Fact]
    public void Check_of_a_network_is_remembered_and_leaves_nothing_behind()
    {
        using var network = Stacks.SmallNetwork();
        var live = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        // Even batches: what is not even tried is not remembered.
        var first = KernelCheck.Choose(network, [3, 12, 12], [4, 2], _folder.Path);
        var second = KernelCheck.Choose(network, [3, 12, 12], [4, 2], _folder.Path);

        Assert.Equal(live, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.Equal(first.Verdicts, second.Verdicts);
        Assert.Equal(0, first.Remembered);
        Assert.Equal(second.Verdicts.Count, second.Remembered);
        Assert.True(OneDnn.Enabled);
    }

    private static double[] Train(Module<Tensor, Tensor> network, Tensor images, Tensor labels)
    {
        network.train();
        using var optimizer = optim.SGD(network.parameters(), 0.1, momentum: 0.9);
        var losses = new double[5];
        for (var step = 0; step < losses.Length; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            var loss = functional.cross_entropy(network.call(images), labels);
            loss.backward();
            optimizer.step();
            losses[step] = loss.to(ScalarType.Float64).item<double>();
        }
        return losses;
    }

    // Written apart from the probe: whole random batches, no repeated images.
    private static void AssertAgrees(ConvolutionSignature signature, ComputePath path)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var images = randn([signature.Batch, signature.InChannels, signature.Input.Height, signature.Input.Width], generator: generator);
        var weight = randn(
            [signature.OutChannels, signature.InChannels / signature.Groups, signature.Kernel.Height, signature.Kernel.Width],
            generator: generator);

        var exact = Differentiate(signature, images.to(ScalarType.Float64), weight.to(ScalarType.Float64));
        var actual = Differentiate(signature, path.Arrange(images), path.Arrange(weight));

        Assert.All(actual.Zip(exact), pair => Assert.InRange(Difference(pair.First, pair.Second), 0, 1e-4));
    }

    private static Tensor[] Differentiate(ConvolutionSignature signature, Tensor images, Tensor weight)
    {
        var (input, kernel) = (images.detach().requires_grad_(signature.NeedsInputGradient), weight.detach().requires_grad_());
        var output = functional.conv2d(
            input,
            kernel,
            null,
            [signature.Stride.Height, signature.Stride.Width],
            [signature.Padding.Height, signature.Padding.Width],
            [1, 1],
            signature.Groups);
        (output * output).mean().backward();
        return signature.NeedsInputGradient ? [output.detach(), kernel.grad!, input.grad!] : [output.detach(), kernel.grad!];
    }

    private static double Difference(Tensor actual, Tensor exact)
    {
        using var scope = NewDisposeScope();
        return ((actual.to(ScalarType.Float64) - exact).abs().max() / exact.abs().max()).item<double>();
    }
}
