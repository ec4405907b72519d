namespace TfKd.Tests;

public sealed class WeightedSumTests
{
    private static readonly CrossEntropy _crossEntropy = new();
    private static readonly SoftTargetKl _kl = new() { Temperature = 20 };

    [Fact]
    public void Text_reads_like_the_expression_that_made_it()
    {
        var sum = 0.1 * _crossEntropy + 0.9 * _kl;

        Assert.Equal(
            "0.1 * CrossEntropy { } + 0.9 * SoftTargetKl { Temperature = 20, Reduction = PerRow, SoftenStudent = True }", sum.ToString());
    }

    [Fact]
    public void Sums_of_sums_are_flat_and_their_weights_multiplied()
    {
        var sum = 2 * (0.5 * _crossEntropy + _kl) + _crossEntropy;

        Assert.Equal([new WeightedTerm(1, _crossEntropy), new WeightedTerm(2, _kl), new WeightedTerm(1, _crossEntropy)], sum.Terms);
    }

    [Fact]
    public void Needs_are_those_of_all_terms()
    {
        Assert.Equal(ObjectiveNeeds.None, (2 * _crossEntropy).Needs);
        Assert.Equal(ObjectiveNeeds.Teacher, (_crossEntropy + _kl).Needs);
    }

    [Fact]
    public void Equality_looks_at_terms_weights_and_order()
    {
        Assert.Equal(_crossEntropy + 2 * _kl, _crossEntropy + 2 * new SoftTargetKl { Temperature = 20 });
        Assert.NotEqual(_crossEntropy + 2 * _kl, _crossEntropy + 3 * _kl);
        Assert.NotEqual(_crossEntropy + _kl, _kl + _crossEntropy);
        Assert.NotEqual(_crossEntropy + _kl, _crossEntropy + new SoftTargetKl());
    }

    [Fact]
    public void A_later_change_of_the_list_does_not_change_the_sum()
    {
        List<WeightedTerm> terms = [new(1, _crossEntropy)];
        var sum = new WeightedSum(terms);

        terms.Clear();

        Assert.Single(sum.Terms);
    }

    [Fact]
    public void Empty_sum_is_refused() =>
        Assert.Equal(
            "A sum of objectives must have at least one term, but has none. (Parameter 'terms')",
            Assert.Throws<ArgumentException>(() => new WeightedSum([])).Message);

    [Fact]
    public void Each_term_is_recorded_under_its_name_without_its_weight()
    {
        var batch = LogitBatch.Random(seed: 1, rows: 3, classes: 4);
        using var log = new LossLog();
        using var scope = TorchSharp.torch.NewDisposeScope();

        (0.1 * _crossEntropy + 0.9 * _kl).Compute(new ObjectiveInput(
            new NetworkOutput(LogitBatch.ToTensor(batch.Student)),
            Targets.FromLabels(batch.LabelTensor(), batch.Classes),
            new TeacherSignal(LogitBatch.ToTensor(batch.Teacher)),
            new TrainingProgress(0, 1, 0),
            log));

        Assert.Equal(["cross_entropy", "soft_target_kl"], log.Means.Keys);
        Assert.Equal(batch.Value(_crossEntropy), log.Means["cross_entropy"], 1e-12);
        Assert.Equal(batch.Value(_kl), log.Means["soft_target_kl"], 1e-12);
    }
}
