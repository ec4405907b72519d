using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd.MLNet.Tests;

public sealed class OwnNetworkTests
{
    private static readonly TorchImageClassificationTrainer.Options _options = TrainingRuns.Options with
    {
        Network = new FactoryNetwork("mine", classCount => new Mine(classCount), TestImages.Shape, new WaveEmitter()),
    };

    [Fact]
    public void A_module_by_a_factory_trains_exports_saves_and_predicts()
    {
        using var folder = new TemporaryFolder();
        using var model = TrainingRuns.Fit(options: _options with { MaxEpochs = 10 });
        var ml = new MLContext(seed: 1);
        var rows = TrainingRuns.Rows(ml);
        var expected = model.Transform(rows).GetColumn<float[]>("Score").ToList();
        Assert.True(ml.MulticlassClassification.Evaluate(model.Transform(rows)).MicroAccuracy > 0.9);
        ml.Model.Save(model, rows.Schema, folder.File("model.zip"));

        var loaded = ml.Model.Load(folder.File("model.zip"), out _);
        using var owned = loaded as IDisposable;
        Assert.Equal(expected, loaded.Transform(rows).GetColumn<float[]>("Score"));

        // A function is not in the file; with one at hand, training goes on.
        var reloaded = ((TorchImageClassificationTransformer)loaded).Model;
        var refusal = Assert.Throws<InvalidOperationException>(reloaded.CreateNetwork);
        Assert.StartsWith(
            "The network 'mine' is made by a function, which its file does not hold; set Network to a FactoryNetwork with the function",
            refusal.Message,
            StringComparison.Ordinal);
        using var given = ((TorchImageClassificationTransformer)loaded).WithNetwork(_options.Network);
        given.Model.CreateNetwork().Dispose();
        using var continued = TrainingRuns.Fit(
            options: _options with { InitialModel = loaded, MaxEpochs = 1, Optimizer = new Sgd { LearningRate = 1e-6 } });
        Assert.True(ml.MulticlassClassification.Evaluate(continued.Transform(rows)).MicroAccuracy > 0.9);
    }

    [Fact]
    public void A_leaf_that_no_emitter_knows_is_named_by_its_path()
    {
        var refusal = Assert.Throws<NotSupportedException>(() => TrainingRuns.Fit(options: _options with
        {
            Network = new FactoryNetwork("mine", classCount => new Mine(classCount), TestImages.Shape),
            MetricsCallback = _ => Assert.Fail("It was trained first."),
        }));
        Assert.Equal(
            "'body.squash' is a Wave, which no emitter knows, and what it computes is no function that is followed. Pass an "
            + "OnnxEmitter<Wave> to the export, or build the module of parts that have one, invoked by call. Or set ScoringBackend to "
            + "ScoringBackend.Torch: the model then needs libtorch to predict, and has no ONNX form.",
            refusal.Message);
    }

    [Fact]
    public void A_module_with_another_number_of_outputs_is_refused()
    {
        var refusal = Assert.Throws<InvalidOperationException>(() =>
            TrainingRuns.Fit(
                options: _options with
                {
                    Network = new FactoryNetwork("mine", _ => new Mine(7), TestImages.Shape, new WaveEmitter()),
                }));
        Assert.Contains("must return logits of shape [N,3], but returned [", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stages_and_the_name_come_back_from_json_and_the_function_does_not()
    {
        var network = new FactoryNetwork("mine", classCount => new Mine(classCount), new ImageShape(3, 20, 10)) { Stages = ["conv"] };
        var read = Assert.IsType<FactoryNetwork>(ArchitectureJson.Read(ArchitectureJson.Write(network)));
        Assert.Equal(("mine", new ImageShape(3, 20, 10)), (read.Name, read.InputShape));
        Assert.Equal(["conv"], read.GetStages());
        Assert.Throws<InvalidOperationException>(() => read.Build(2));
        Assert.Throws<InvalidOperationException>(() => new FactoryNetwork("none", _ => null!, TestImages.Shape).Build(2));
    }

    private sealed class Mine : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv = nn.Conv2d(3, 8, 3, padding: 1);
        private readonly Wave squash = new();
        private readonly AdaptiveAvgPool2d pool = nn.AdaptiveAvgPool2d(1);
        private readonly Flatten flatten = nn.Flatten();
        private readonly Linear fc;

        public Mine(int classCount) : base(nameof(Mine))
        {
            fc = nn.Linear(8, classCount);
            RegisterComponents();
        }

        public override Tensor forward(Tensor images) => fc.call(flatten.call(pool.call(squash.call(conv.call(images)))));
    }

    private sealed class Wave() : nn.Module<Tensor, Tensor>(nameof(Wave))
    {
        public override Tensor forward(Tensor input) => input.sin();
    }

    private sealed class WaveEmitter : OnnxEmitter<Wave>
    {
        protected override string Emit(Wave layer, OnnxLeaf leaf) =>
            leaf.Node("Sin", [leaf.Input.Name]);
    }
}
