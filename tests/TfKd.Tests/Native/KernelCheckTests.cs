namespace TfKd.Tests;

public sealed class KernelCheckTests : IDisposable
{
    private static readonly ComputePath _channelsLast = new(MemoryLayout.ChannelsLast, OneDnn: true);
    private static readonly ComputePath[] _candidates = [_channelsLast, ComputePath.Default, ComputePath.Trusted];
    private static readonly ConvolutionSignature[] _signatures = [
        Stacks.Convolution(3, 16, 8, first: true),
        Stacks.Convolution(16, 16, 8),
        Stacks.Convolution(24, 12, 8),
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private KernelCheckResult Choose(
        IConvolutionProbe probe,
        Func<ConvolutionSignature, ComputePath, bool>? isFatal = null,
        IReadOnlyList<ConvolutionSignature>? signatures = null) =>
        KernelCheck.Choose(
            Stacks.ByBatch(signatures ?? _signatures), _candidates, probe, new KernelVerdictStore(_folder.Path, "machine"),
            isFatal ?? ((_, _) => false));

    [Fact]
    public void Where_all_are_right_the_first_path_is_taken_and_no_other_is_run()
    {
        var probe = new ScriptedProbe((_, _) => 1e-5);

        var result = Choose(probe);

        Assert.Equal(_channelsLast, result.Path);
        Assert.Null(result.Warning);
        Assert.Equal(_signatures.Select(signature => (signature, _channelsLast)), probe.Asked);
        Assert.StartsWith(
            "Convolutions run channels-last with oneDNN: 3 were compared with float64", result.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void One_wrong_convolution_refuses_the_path(double error)
    {
        var result = Choose(new ScriptedProbe((signature, path) => path == _channelsLast && signature.InChannels == 24 ? error : 1e-5));

        Assert.Equal(ComputePath.Default, result.Path);
        Assert.Equal(1, result.Verdicts.Count(verdict => !verdict.IsRight));
        Assert.Contains("channels-last with oneDNN: 1, the first being 24->12 3x3", result.Warning, StringComparison.Ordinal);
        Assert.EndsWith("contiguous with oneDNN is used instead.", result.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_fast_path_is_right_the_trusted_one_is_taken_and_the_warning_says_how_slow_it_is()
    {
        var result = Choose(new ScriptedProbe((_, path) => path.OneDnn ? 0.5 : 1e-6, path => path.OneDnn ? 2 : 13));

        Assert.Equal(ComputePath.Trusted, result.Path);
        Assert.EndsWith(
            "contiguous without oneDNN is used instead, which is about 6.5 times slower.", result.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_no_path_is_right_the_warning_says_that_nothing_can_be_relied_on()
    {
        var result = Choose(new ScriptedProbe((_, _) => 0.5));

        Assert.Equal(ComputePath.Trusted, result.Path);
        Assert.EndsWith(
            "No path is right: contiguous without oneDNN is used all the same, and its results cannot be relied on.",
            result.Warning,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Convolution_known_to_end_the_process_is_never_run_there_and_costs_its_own_batch_only()
    {
        var deadly = Stacks.Convolution(512, 1024, 14, kernel: 1, stride: 2, batch: 2);
        var probe = new ScriptedProbe((_, _) => 1e-5);
        var native = _channelsLast with { OneDnn = false };

        var result = Choose(
            probe, (signature, path) => KernelHazards.IsFatal(signature, path, processorIsAffected: true), [.. _signatures, deadly]);

        Assert.Equal(_channelsLast, result.Path);
        Assert.Equal((_channelsLast, native), (result.PathOf(4), result.PathOf(2)));
        Assert.DoesNotContain(probe.Asked, asked => asked.Signature == deadly && asked.Path.OneDnn);
        Assert.Contains(probe.Asked, asked => asked == (deadly, native));
        Assert.Contains("batch 2 (known to end the process)", result.Warning, StringComparison.Ordinal);
        Assert.EndsWith(
            "channels-last with oneDNN, and for batches of 2 channels-last without oneDNN, is used instead.",
            result.Warning,
            StringComparison.Ordinal);
        // What was not tried is not said to be wrong.
        Assert.StartsWith(
            "On this processor some convolutions are ruled out, and were not tried. channels-last with oneDNN: 1 ruled out, not tried, ",
            result.Warning,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Smaller_batches_take_the_layout_of_the_largest_and_the_fastest_kernels_that_are_right()
    {
        var bfloat16 = _channelsLast with { Precision = Precision.BFloat16 };
        ComputePath[] candidates = [bfloat16, .. _candidates];
        ConvolutionSignature[] signatures = [.. new long[] { 32, 7, 3, 1 }.Select(batch => Stacks.Convolution(16, 16, 8, batch: batch))];
        var probe = new ScriptedProbe((signature, path) => (signature.Batch, path) switch
        {
            (3, { Precision: Precision.BFloat16 }) => 0.5,
            (1, { OneDnn: true }) => 0.5,
            _ => 1e-6,
        });

        var result = KernelCheck.Choose(
            Stacks.ByBatch(signatures), candidates, probe, new KernelVerdictStore(_folder.Path, "machine"), (_, _) => false);

        ComputePath[] expected = [bfloat16, bfloat16, _channelsLast, _channelsLast with { OneDnn = false }];
        Assert.Equal(expected, new[] { 32, 7, 3, 1 }.Select(result.PathOf));
    }

    [Fact]
    public void A_smaller_batch_without_a_right_path_in_a_layout_refuses_the_layout()
    {
        var result = Choose(
            new ScriptedProbe((signature, path) => signature.Batch == 1 && path.Layout == MemoryLayout.ChannelsLast ? 0.5 : 1e-6),
            signatures: [.. _signatures, Stacks.Convolution(16, 16, 8, batch: 1)]);

        Assert.Equal(ComputePath.Default, result.Path);
        Assert.Empty(result.SmallerBatches);
    }

    [Fact]
    public void Faults_seen_on_a_processor_with_avx512_lead_each_network_to_its_right_path()
    {
        // As measured there: 1x1 with 48-wide output blocks in channels-last, 3x3 with input or output channels that are no multiple of 16
        // in contiguous.
        var probe = new ScriptedProbe((signature, path) => (path, signature.Kernel.Height) switch
        {
            ({ OneDnn: false }, _) => 1e-6,
            ({ Layout: MemoryLayout.ChannelsLast }, 1) when signature is { InChannels: 256, OutChannels: 512 } => 0.2,
            ({ Layout: MemoryLayout.Contiguous }, 3) when signature.InChannels % 16 != 0 && signature.NeedsInputGradient => 0.3,
            ({ Layout: MemoryLayout.Contiguous }, 3) when signature.OutChannels % 16 != 0 && signature.NeedsInputGradient => double.NaN,
            _ => 1e-5,
        });

        Assert.Equal(_channelsLast, Choose(probe, signatures: Stacks.Residual(width: 16, stages: 3, size: 32)).Path);
        Assert.Equal(ComputePath.Default, Choose(probe, signatures: Stacks.Residual(width: 64, stages: 4, size: 32)).Path);
        Assert.Equal(_channelsLast, Choose(probe, signatures: Stacks.Dense()).Path);
        Assert.Equal(
            ComputePath.Trusted, Choose(probe, signatures: [.. Stacks.Dense(), .. Stacks.Residual(width: 64, stages: 4, size: 32)]).Path);
    }

    [Fact]
    public void Network_without_convolutions_takes_the_first_path()
    {
        Assert.Equal(_channelsLast, Choose(new ScriptedProbe((_, _) => 1), signatures: []).Path);
    }

    [Fact]
    public void Second_check_runs_nothing_and_gives_the_same_verdicts()
    {
        var first = Choose(new ScriptedProbe((signature, path) => path == _channelsLast && signature.InChannels == 24 ? double.NaN : 1e-5));
        var probe = new ScriptedProbe((_, _) => throw new InvalidOperationException("Was run again."));

        var second = Choose(probe);

        Assert.Equal(first.Path, second.Path);
        Assert.Equal(first.Verdicts, second.Verdicts);
        Assert.Equal((0, 6), (first.Remembered, second.Remembered));
    }

    [Fact]
    public void Bad_arguments_are_named()
    {
        using var network = Stacks.SmallNetwork();

        Assert.StartsWith(
            "Expected C, H and W above 0, found [3,0,8].",
            Assert.Throws<ArgumentException>(() => KernelCheck.Choose(network, [3, 0, 8], 4)).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected one batch size or more, each above 0, found [8,0].",
            Assert.Throws<ArgumentException>(() => KernelCheck.Choose(network, [3, 8, 8], 8, 0)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => KernelCheck.Choose(network, [3, 8, 8]));
    }
}
