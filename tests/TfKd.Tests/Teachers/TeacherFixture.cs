using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

internal static class TeacherFixture
{
    public static TeacherContext Context(int classCount, ImageShape? shape = null) =>
        new([.. Enumerable.Range(0, classCount).Select(k => $"class {k}")], shape ?? new ImageShape(3, 8, 8), CPU);

    public static ImageBatch Batch(Targets targets, Tensor images) =>
        new(images, targets, [.. Enumerable.Range(0, (int)images.shape[0])], View: 0);

    public static ImageBatch Batch(int classCount, params long[] labels) =>
        Batch(Targets.FromLabels(tensor(labels), classCount), zeros(labels.Length, 3, 8, 8, ScalarType.Byte));

    public static double[] Softmax(Tensor logits, int row) =>
        nn.functional.softmax(logits.to(ScalarType.Float64), 1)[row].data<double>().ToArray();
}
