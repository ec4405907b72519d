using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Runs an exported model with ONNX Runtime, and compares.</summary>
internal static class OnnxRun
{
    public static InferenceSession Open(byte[] model)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        return new InferenceSession(model, options);
    }

    /// <summary>The operations that ONNX Runtime makes of a model, of its own kinds among them, for this processor.</summary>
    public static IReadOnlyList<OnnxNode> Optimized(byte[] model)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.onnx");
        try
        {
            using var options = new SessionOptions { OptimizedModelFilePath = path };
            // It warns that the file is for this processor.
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
            using var session = new InferenceSession(model, options);
            return OnnxModel.Read(File.ReadAllBytes(path)).Nodes;
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The scores of a batch of images, as float64.</summary>
    public static Tensor Score(InferenceSession session, Tensor images) => Output(session, images, "scores");

    /// <summary>An output of float32 for a batch of images, as float64.</summary>
    public static Tensor Output(InferenceSession session, Tensor images, string name)
    {
        using var results = Run(session, images, name);
        using var values = tensor(results[0].GetTensorDataAsSpan<float>().ToArray(), results[0].GetTensorTypeAndShape().Shape);
        return values.to(ScalarType.Float64);
    }

    /// <summary>An output of int64 for a batch of images.</summary>
    public static long[] Indices(InferenceSession session, Tensor images, string name)
    {
        using var results = Run(session, images, name);
        return results[0].GetTensorDataAsSpan<long>().ToArray();
    }

    private static IDisposableReadOnlyCollection<OrtValue> Run(InferenceSession session, Tensor images, string name)
    {
        using var input = images.dtype == ScalarType.Byte
            ? OrtValue.CreateTensorValueFromMemory(images.bytes.ToArray(), images.shape)
            : OrtValue.CreateTensorValueFromMemory(images.data<float>().ToArray(), images.shape);
        using var run = new RunOptions();
        return session.Run(run, ["images"], [input], [name]);
    }

    /// <summary>
    /// Asserts that a module and its export agree on images of values 0 to 255, for both input types and several batch sizes. The module is
    /// float64 afterwards.
    /// </summary>
    /// <remarks>Torch computes in float64: its float32 convolutions are wrong for some shapes on some processors.</remarks>
    public static void AssertParity(nn.Module<Tensor, Tensor> module, ImageShape shape, double tolerance, params OnnxEmitter[] emitters)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        module.eval();
        ScalarType[] types = module is ImageNetwork ? [ScalarType.Byte, ScalarType.Float32] : [ScalarType.Float32];
        var models = types
            .Select(type =>
                (Type: type, Model: OnnxExporter.Export(module, new OnnxExportOptions { InputShape = shape, InputType = type }, emitters)))
            .ToList();
        module.to(ScalarType.Float64);
        foreach (var (type, model) in models)
        {
            using var session = Open(model);
            foreach (var batch in new[] { 1, 2, 7 })
            {
                var images = TestNetworks.Pixels(batch, shape, type);
                var expected = module.call(images.to(ScalarType.Float64));
                var actual = Score(session, images);
                Assert.Equal(expected.shape, actual.shape);
                var scale = Math.Max(1, expected.abs().max().item<double>());
                var difference = (expected - actual).abs().max().item<double>();
                Assert.True(difference <= tolerance * scale, $"{module.GetName()}, {type}, batch {batch}: differs by {difference}, where "
                    + $"values reach {scale}.");
            }
        }
    }
}
