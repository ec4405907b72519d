using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.Benchmarks;

/// <summary>
/// The greatest difference between ONNX Runtime and TorchSharp in float32, on the path that the kernel check chose, for every architecture
/// at its own size, with random weights and batch norm statistics; beside the largest logit, since those of deep networks with random
/// statistics grow.
/// </summary>
internal static class ExportParity
{
    private static readonly int[] _batchSizes = [1, 2, 33];

    public static void Run()
    {
        TorchRuntime.EnsureLoaded();
        NetworkArchitecture[] architectures =
        [
            new SmallCnn(), new CifarResNet(), new CifarResNet { Depth = 56 }, new WideResNet { Depth = 40, WidenFactor = 2 }, new ResNeXt29(), new ResNet(), new ResNet { Depth = 34 },
            new ResNet { Depth = 50 }, new ResNet { Depth = 101 }, new MobileNetV2(), new ShuffleNetV2(), new DenseNet(), new GoogLeNet(), new SqueezeNet(), new Vgg(),
            new MobileNetV3(), new MobileNetV3 { Size = MobileNetV3Size.Small }, new EfficientNet(), new ConvNeXt(),
            new VisionTransformer { Width = 192 }, new VisionTransformer(),
        ];
        foreach (var architecture in architectures)
            Console.WriteLine(Measure(architecture));
    }

    private static string Measure(NetworkArchitecture architecture)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        random.manual_seed(7);
        using var network = architecture.Build(100);
        foreach (var norm in network.modules().OfType<BatchNorm2d>())
        {
            norm.weight.uniform_(0.5, 1.5);
            norm.bias!.uniform_(-0.3, 0.3);
            norm.running_mean!.uniform_(-0.3, 0.3);
            norm.running_var!.uniform_(0.5, 1.5);
        }

        network.eval();
        var shape = architecture.InputShape;
        var check = KernelCheck.Choose(network, [shape.Channels, shape.Height, shape.Width], _batchSizes);
        check.Path.Prepare(network);
        using var session = new InferenceSession(OnnxExporter.Export(network, new OnnxExportOptions { InputShape = shape }));
        var differences = _batchSizes.Select(size => Difference(network, session, shape, size, check.PathOf(size))).ToList();
        var largest = differences.Max(difference => difference.Largest);
        return FormattableString.Invariant(
            $"{architecture}: {string.Join(", ", differences.Select(difference => FormattableString.Invariant($"{difference.Difference / difference.Largest:E1}")))} of the largest logit, {largest:G3}, at batches 1, 2, 33; {check.Path}");
    }

    private static (double Difference, double Largest) Difference(
        ImageNetwork network, InferenceSession session, ImageShape shape, int size, ComputePath path)
    {
        using var scope = NewDisposeScope();
        using var kernels = path.Enter();
        var images = randint(0, 256, [size, shape.Channels, shape.Height, shape.Width]).to(ScalarType.Byte);
        var expected = network.call(path.Arrange(images)).contiguous().data<float>().ToArray();
        using var input = OrtValue.CreateTensorValueFromMemory(images.contiguous().bytes.ToArray(), images.shape);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["images"], [input], ["scores"]);
        var found = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        return (expected.Zip(found).Max(pair => Math.Abs((double)pair.First - pair.Second)), expected.Max(Math.Abs));
    }
}
