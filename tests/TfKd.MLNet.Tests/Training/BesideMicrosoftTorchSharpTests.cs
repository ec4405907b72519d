using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.TorchSharp;
using Microsoft.ML.TorchSharp.AutoFormerV2;
using Microsoft.ML.TorchSharp.NasBert;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

/// <summary>
/// Microsoft.ML.TorchSharp and this library in one program. Its trainers download their weights, which the tests do not, so that of it
/// networks with random weights are run.
/// </summary>
public sealed class BesideMicrosoftTorchSharpTests
{
    private static readonly Assembly _theirs = typeof(TorchSharpCatalog).Assembly;

    [Fact]
    public void Both_catalogs_are_in_one_context()
    {
        var trainers = DeploymentPage.BesideMicrosoftTorchSharp();
        Assert.IsType<TextClassificationTrainer>(trainers[0]);
        Assert.IsType<TorchImageClassificationTrainer>(trainers[1]);
    }

    [Fact]
    public void The_label_and_score_columns_have_the_same_names()
    {
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        var texts = ml.Transforms.CopyColumns("Sentence", "Label").Append(ml.Transforms.Conversion.MapKeyToValue("Sentence"));
        var theirs = ml.MulticlassClassification.Trainers.TextClassification(sentence1ColumnName: "Sentence")
            .GetOutputSchema(texts.GetOutputSchema(Shapes.Of(rows.Schema)));
        var ours = ml.MulticlassClassification.Trainers.TorchImageClassification().GetOutputSchema(Shapes.Of(rows.Schema));
        string[] names = ["Label", "PredictedLabel", "Score"];
        Assert.Equal(names, names.Where(name => theirs.Any(column => column.Name == name)));
        Assert.Equal(names, names.Where(name => ours.Any(column => column.Name == name)));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(0, true)]
    public void The_context_decides_on_the_device_of_both(int? card, bool fallback)
    {
        Assert.SkipWhen(cuda.is_available(), "There is a graphics card here.");
        var ml = new MLContext(seed: 1) { GpuDeviceId = card, FallbackToCpu = fallback };
        Assert.Equal(DeviceType.CPU, TheirDevice(ml).type);
        var watcher = new DeviceWatcher();
        var options = TrainingRuns.Options with { MaxEpochs = 1, Callbacks = [watcher] };
        ml.MulticlassClassification.Trainers.TorchImageClassification(options).Fit(TrainingRuns.Rows(ml)).Dispose();
        Assert.Equal(DeviceType.CPU, watcher.Device!.type);
    }

    [Fact]
    public void Their_network_changes_nothing_of_our_training_and_there_is_one_libtorch()
    {
        using var before = TrainingRuns.Fit();
        using (var scope = NewDisposeScope())
        {
            using var network = new AutoFormerV2Block();
            Assert.Equal([1, 16, 16], network.Run().shape);
        }

        using var after = TrainingRuns.Fit();
        var rows = TrainingRuns.Rows(new MLContext(seed: 1));
        Assert.Equal(
            before.Transform(rows).GetColumn<VBuffer<float>>("Score").Select(scores => scores.DenseValues().ToArray()),
            after.Transform(rows).GetColumn<VBuffer<float>>("Score").Select(scores => scores.DenseValues().ToArray()));
        if (!OperatingSystem.IsLinux())
            return;
        var libraries = File.ReadLines("/proc/self/maps")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1])
            .Where(path => Path.GetFileName(path) == "libtorch_cpu.so")
            .Distinct();
        Assert.Single(libraries);
    }

    /// <summary>What examples/guides/known-limits.md says: one member of TorchSharp that it uses is gone.</summary>
    [Fact]
    public void Of_TorchSharp_it_lacks_one_method()
    {
        using var file = new PEReader(File.OpenRead(_theirs.Location));
        var metadata = file.GetMetadataReader();
        // Whatever a generic member is made for.
        var anything = Enumerable.Repeat(typeof(byte), 8).ToArray();
        var missing = Enumerable.Range(1, metadata.GetTableRowCount(TableIndex.MemberRef))
            .Select(row => MetadataTokens.GetToken(MetadataTokens.MemberReferenceHandle(row)))
            .Select(token => Record.Exception(() => _theirs.ManifestModule.ResolveMember(token, anything, anything)))
            .OfType<MissingMemberException>()
            .Select(exception => exception.Message);
        Assert.Equal(
            [
                "Method not found: 'Tensor functional.interpolate(Tensor, Int64[], Double[], InterpolationMode, "
                + "System.Nullable`1<Boolean>, Boolean)'.",
            ],
            missing);
    }

    [Fact]
    public void Its_object_detection_ends_in_that_method()
    {
        using var scope = NewDisposeScope();
        using var pyramid = new FPN([4, 8, 16], outChannel: 8);
        var exception = Assert.ThrowsAny<Exception>(() => pyramid.forward([zeros(1, 4, 16, 16), zeros(1, 8, 8, 8), zeros(1, 16, 4, 4)]));
        Assert.Contains(
            "functional.interpolate(",
            Assert.IsType<MissingMethodException>(exception.GetBaseException()).Message,
            StringComparison.Ordinal);
    }

    private static Device TheirDevice(MLContext ml) => (Device)_theirs.GetType("Microsoft.ML.TorchSharp.Utils.TorchUtils")!
        .GetMethod("InitializeDevice", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)!
        .Invoke(null, [ml])!;

    /// <summary>A part of the network of its object detection that comes before the missing method.</summary>
    private sealed class AutoFormerV2Block : IDisposable
    {
        private readonly Attention _attention = new(16, 4, numHeads: 4, attnRatio: 1, windowResolution: [4, 4]);

        public Tensor Run() => _attention.forward(randn(1, 16, 16), null!);

        public void Dispose() => _attention.Dispose();
    }

    private sealed class DeviceWatcher : TrainingCallback
    {
        public Device? Device { get; private set; }

        public override void OnEpochEnd(TrainingState state) => Device = state.Student.Device;
    }
}
