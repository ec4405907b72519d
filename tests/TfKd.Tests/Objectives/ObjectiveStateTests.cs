using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>How states of objectives are made, found, and refused.</summary>
public sealed class ObjectiveStateTests
{
    private const string Stages =
        "the student has the stages 0 to 1 [2x3x4, 3x2x3] and the teacher the stages 0 to 2 [3x4x4, 2x5x3, 4x1x2]";

    public static TheoryData<Objective, string> Misfits => new()
    {
        { new FeatureHint { StudentStage = 2 }, $"StudentStage is 2, but {Stages} (FeatureHint {{ StudentStage = 2, TeacherStage =  }})." },
        { new FeatureHint { TeacherStage = -4 }, $"TeacherStage is -4, but {Stages} (FeatureHint {{ StudentStage = , TeacherStage = -4 "
            + $"}})." },
        { new AttentionTransfer { StagePairs = 3 }, $"StagePairs is 3, but {Stages} (AttentionTransfer {{ StagePairs = 3, Exponent = 2, "
            + $"Form = ReferenceCode }})." },
        { new OverhaulDistillation { StagePairs = 3 }, $"StagePairs is 3, but {Stages} (OverhaulDistillation {{ StagePairs = 3 }})." },
        { new KnowledgeReview { StagePairs = 3 }, $"StagePairs is 3, but {Stages} (KnowledgeReview {{ StagePairs = 3 }})." },
        {
            new SoftmaxRegressionRepresentation { StudentStage = 2 },
            $"StudentStage is 2, but {Stages} (SoftmaxRegressionRepresentation {{ StudentStage = 2, FeatureWeight = 1, RegressionWeight = "
                + $"1 }})."
        },
        {
            new RelationalKd { StudentStage = -3 },
            $"StudentStage is -3, but {Stages} (RelationalKd {{ StudentStage = -3, TeacherStage = -1, DistanceWeight = 25, AngleWeight = "
                + $"50 }})."
        },
        {
            new RelationalKd { TeacherStage = 3 },
            $"TeacherStage is 3, but {Stages} (RelationalKd {{ StudentStage = -1, TeacherStage = 3, DistanceWeight = 25, AngleWeight = 50 "
                + $"}})."
        },
        {
            new TargetFreeSelfKd { Stage = 5 },
            $"Stage is 5, but {Stages} (TargetFreeSelfKd {{ Alpha = 1, Beta = 0.1, Mu = 0.005, Stage = 5, Ranking = Probabilities }})."
        },
    };

    [Theory]
    [MemberData(nameof(Misfits), DisableDiscoveryEnumeration = true)]
    public void A_stage_that_is_not_there_is_named_beside_those_that_are(Objective objective, string message)
    {
        ArgumentNullException.ThrowIfNull(objective);
        Assert.Equal(
            message,
            Assert.Throws<InvalidOperationException>(() =>
                ObjectiveStates.Create(new CrossEntropy() + objective, FeatureBatch.Context)).Message);
    }

    [Fact]
    public void A_network_without_stages_is_said_to_have_none() => Assert.Equal(
        "the student has no stages and the teacher the stages 0 to 0 [2x3x4]",
        FeatureStages.Describe(new ObjectiveContext(4, CPU) { TeacherStages = [new ImageShape(2, 3, 4)] }));

    [Fact]
    public void A_misfit_leaves_no_state_behind()
    {
        using var scope = NewDisposeScope();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        Assert.Throws<InvalidOperationException>(() =>
            ObjectiveStates.Create(
                new FeatureHint() + new OnlineLabelSmoothing() + new TargetFreeSelfKd { Stage = 9 }, FeatureBatch.Context));

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void States_outlive_the_scope_they_are_made_in_and_are_disposed_with_their_owner()
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        ObjectiveStates states;
        using (NewDisposeScope())
            states = ObjectiveStates.Create(new FeatureHint() + new OnlineLabelSmoothing(), FeatureBatch.Context);
        Assert.Equal(5, states.Tensors.Count());
        Assert.All(states.Tensors, entry => Assert.False(entry.Value.IsInvalid));
        states.Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Parts_of_parts_have_states_and_equal_ones_share_theirs()
    {
        using var states = ObjectiveStates.Create(
            new Wrapper(new CrossEntropy() + 2 * new FeatureHint()) + (new FeatureHint() + new FeatureHint { StudentStage = 0 }),
            FeatureBatch.Context);

        Assert.Equal(4, states.Parameters.Count());
        Assert.Same(states.Find(new FeatureHint()), states.Find(new FeatureHint()));
        Assert.NotSame(states.Find(new FeatureHint()), states.Find(new FeatureHint { StudentStage = 0 }));
        Assert.Null(states.Find(new CrossEntropy()));
        Assert.Equal(["0.linear.weight", "0.linear.bias", "1.linear.weight", "1.linear.bias"], states.Tensors.Select(entry => entry.Key));
    }

    [Fact]
    public void What_was_read_is_put_back()
    {
        var objective = new FeatureHint() + new OnlineLabelSmoothing();
        using var scope = NewDisposeScope();
        using var states = ObjectiveStates.Create(objective, FeatureBatch.Context);
        using var others = ObjectiveStates.Create(objective, FeatureBatch.Context);
        var copy = states.Tensors.ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone() + 1);

        others.Load(copy);

        Assert.All(others.Tensors, entry => Assert.True(entry.Value.equal(copy[entry.Key]).all().item<bool>()));
        Assert.All(others.Parameters, parameter => Assert.True(parameter.requires_grad));
    }

    private sealed record Wrapper(Objective Inner) : Objective
    {
        public override ObjectiveNeeds Needs => Inner.Needs;

        public override IEnumerable<Objective> Parts => [Inner];

        protected override Tensor ComputeCore(ObjectiveInput input) => Inner.Compute(input);
    }
}
