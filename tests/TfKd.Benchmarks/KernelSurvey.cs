using static System.FormattableString;

namespace TfKd.Benchmarks;

/// <summary>
/// Which convolutions libtorch computes wrongly on this processor, as a Markdown table, of shapes that were wrong on some: channels that are no multiple of 16,
/// wide strided 1x1, depthwise with stride 2. Those that may end the process are left out.
/// </summary>
internal static class KernelSurvey
{
    public static void Run()
    {
        TorchRuntime.EnsureLoaded();
        Console.WriteLine("# Convolutions");
        Console.WriteLine();
        Console.WriteLine(Conditions.Describe());
        Console.WriteLine();
        Console.WriteLine("| path | convolutions | wrong | largest error of the right ones | wrong ones, with their errors |");
        Console.WriteLine("|---|---|---|---|---|");
        var shapes = Shapes().ToList();
        foreach (var precision in new[] { Precision.Float32, Precision.BFloat16 }.Where(precision =>
            precision == Precision.Float32 || Autocast.CanSwitch))
        {
            foreach (var layout in new[] { MemoryLayout.ChannelsLast, MemoryLayout.Contiguous })
            {
                var path = new ComputePath(layout, OneDnn: true) { Precision = precision };
                var verdicts = shapes
                    .Where(shape => !KernelHazards.IsFatal(shape, path, KernelHazards.ProcessorIsAffected))
                    .Select(shape => new ConvolutionProbe().Run(shape, path))
                    .ToList();
                var wrong = verdicts.Where(verdict => !verdict.IsRight).ToList();
                var largest = verdicts.Except(wrong).Max(verdict => verdict.Error);
                var list = string.Join("<br>", wrong.Select(verdict => Invariant($"{verdict.Convolution}: {verdict.Error:G2}")));
                Console.WriteLine(Invariant($"| {path} | {verdicts.Count} | {wrong.Count} | {largest:G2} | {list} |"));
            }
        }
    }

    private static IEnumerable<ConvolutionSignature> Shapes() =>
        from batch in new[] { 1, 4, 32 }
        from shape in Spatial(batch).Concat(Pointwise(batch)).Concat(Depthwise(batch))
        select shape;

    private static IEnumerable<ConvolutionSignature> Spatial(int batch) =>
        from inChannels in new[] { 3, 12, 16, 24, 28, 36, 40, 48, 58, 64, 116, 232 }
        from outChannels in new[] { 12, 16, 24, 48, 64 }
        from size in new[] { 8, 16 }
        select new ConvolutionSignature
        {
            InChannels = inChannels,
            OutChannels = outChannels,
            Input = (size, size),
            Batch = batch,
            Padding = (1, 1),
        };

    private static IEnumerable<ConvolutionSignature> Pointwise(int batch) =>
        from shape in new (int In, int Out, int Stride)[] { (64, 128, 2), (128, 256, 2), (256, 512, 2), (160, 320, 2), (320, 640, 2), (320, 1280, 1), (464, 1024, 1), (960, 320, 1) }
        from size in new[] { 4, 8, 14 }
        select new ConvolutionSignature
        {
            InChannels = shape.In,
            OutChannels = shape.Out,
            Input = (size, size),
            Batch = batch,
            Kernel = (1, 1),
            Stride = (shape.Stride, shape.Stride),
        };

    private static IEnumerable<ConvolutionSignature> Depthwise(int batch) =>
        from channels in new[] { 24, 116, 144, 576 }
        select new ConvolutionSignature
        {
            InChannels = channels,
            OutChannels = channels,
            Input = (8, 8),
            Batch = batch,
            Padding = (1, 1),
            Stride = (2, 2),
            Groups = channels,
        };
}
