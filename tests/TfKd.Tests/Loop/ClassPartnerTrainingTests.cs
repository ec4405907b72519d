using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What an objective sees of partners in a run.</summary>
public sealed class ClassPartnerTrainingTests
{
    private static readonly NetworkArchitecture _network = new LinearNetwork();

    [Fact]
    public void Partners_of_classes_of_one_picture_are_answered_as_the_rows_are()
    {
        var steps = 0;
        Run(row => row % 3, input =>
        {
            steps++;
            Assert.False(input.RequirePartnerLogits().requires_grad);
            Assert.True(input.PartnerLogits!.allclose(input.Student.Logits, 1e-6, 1e-6));
            // Not because all pictures are answered alike.
            Assert.True(input.Student.Logits.std(0).min().item<float>() > 1e-3);
        });
        Assert.Equal(2 * 3, steps);
    }

    [Fact]
    public void Partners_are_other_pictures_where_there_are_others() => Run(row => row, input =>
        Assert.True((input.PartnerLogits! - input.Student.Logits).abs().amax([1]).min().item<float>() > 1e-4));

    [Fact]
    public void Without_the_need_there_are_none() => Run(row => row, input => Assert.Null(input.PartnerLogits), ObjectiveNeeds.HardLabels);

    [Fact]
    public void The_missing_are_named()
    {
        using var log = new LossLog();
        using var scope = NewDisposeScope();
        var input = new ObjectiveInput(
            new NetworkOutput(zeros(2, 3)), Targets.FromLabels(zeros(2, ScalarType.Int64), 3), null, new TrainingProgress(0, 1, 0), log);

        var error = Assert.Throws<InvalidOperationException>(() => new ClassWiseSelfKd().Compute(input));

        Assert.Equal("The objective needs the student's answers to other images of the rows' classes, but there are none.", error.Message);
    }

    /// <summary>Trains on thirty rows of three classes, each a picture of its own number.</summary>
    private static void Run(Func<int, int> picture, Action<ObjectiveInput> look, ObjectiveNeeds needs = ObjectiveNeeds.ClassPartners)
    {
        var source = new DecodedCache(_network.InputShape, ["a", "b", "c"]);
        for (var row = 0; row < 30; row++)
        {
            var pixels = new byte[source.Shape.ByteCount];
            new Random(picture(row)).NextBytes(pixels);
            source.Add(pixels, row % 3);
        }

        var trainer = new Trainer(
            new TrainingPlan
            {
                Objective = new Watching(look, needs),
                BatchSize = 10,
                MaxEpochs = 2,
                Optimizer = new Sgd { LearningRate = 1e-3 },
            });
        using var student = trainer.CreateStudent(_network, 3);
        trainer.Run(student, source);
    }

    private sealed record Watching(Action<ObjectiveInput> Look, ObjectiveNeeds Asked) : Objective
    {
        public override ObjectiveNeeds Needs => Asked;

        protected override Tensor ComputeCore(ObjectiveInput input)
        {
            Look(input);
            return new CrossEntropy().Compute(input);
        }
    }

    private sealed record LinearNetwork() : NetworkArchitecture(new ImageShape(1, 4, 4))
    {
        protected override nn.Module<Tensor, Tensor> BuildBody(int classCount) => nn.Sequential(nn.Flatten(), nn.Linear(16, classCount));
    }
}
