namespace TfKd.Tests;

/// <summary>What objectives say that they ask of the student beside the label.</summary>
public sealed class SoftTargetTests
{
    private static readonly float[] _logits = [1, 3, -2, 0.5f];

    [Fact]
    public void By_default_it_is_the_teachers_softened_answer()
    {
        var target = new DecoupledKd { Temperature = 2 }.SoftTargetOf(label: 1, 4, _logits)!;

        Assert.Equal(2, target.Temperature);
        AssertClose(Softened(_logits.Select(logit => (double)logit), 2), target.Probabilities);
        AssertClose(Softened(_logits.Select(logit =>
            (double)logit), 7), new DecoupledKd().SoftTargetOf(1, 4, _logits, temperature: 7)!.Probabilities);
        Assert.Null(new DecoupledKd().SoftTargetOf(1, 4));
        Assert.Null(new CrossEntropy().SoftTargetOf(1, 4, _logits));
    }

    [Fact]
    public void Who_looks_at_features_asks_for_no_distribution()
    {
        Assert.All(
            new Objective[] { new FeatureHint(), new AttentionTransfer(), new ReusedClassifier(), new ContrastiveRepresentation() },
            objective => Assert.Null((new CrossEntropy() + 100 * objective).SoftTargetOf(0, 4, _logits)));
        var inner = new SoftTargetKl();
        Assert.Same(inner, (100 * new FeatureHint() + inner).SoftTargetOf(0, 4, _logits)!.Source);
    }

    [Fact]
    public void Wrappers_say_what_their_parts_say()
    {
        var inner = new SoftTargetKl { Temperature = 3 };
        Objective objective = new CrossEntropy() + 0.5 * new Ramped { Inner = inner } + 2 * new AttentionTransfer();

        var target = objective.SoftTargetOf(label: 0, 4, _logits)!;

        Assert.Equal((inner, 3), (target.Source, target.Temperature));
        Assert.Null((new CrossEntropy() + new ConfidencePenalty()).SoftTargetOf(0, 4, _logits));
    }

    [Fact]
    public void A_virtual_teacher_needs_no_other()
    {
        var inner = new TfKdRegularization { CorrectProbability = 0.9, Temperature = 20 };

        var target = (0.5 * inner + new CrossEntropy()).SoftTargetOf(label: 2, 3)!;

        // Equation 8 at T = 20: p^(1/T), renormalised.
        var (correct, other) = (Math.Pow(0.9, 0.05), Math.Pow(0.05, 0.05));
        Assert.Equal((inner, 20), (target.Source, target.Temperature));
        AssertClose([other / (correct + 2 * other), other / (correct + 2 * other), correct / (correct + 2 * other)], target.Probabilities);
    }

    [Fact]
    public void Of_several_temperatures_it_is_the_highest()
    {
        var objective = new SoftTargetKl { Temperature = 2 } + 3 * new SoftTargetKl { Temperature = 6 } + new CrossEntropy();
        Assert.Equal(6, objective.TeacherTemperature);
        Assert.Equal(new SoftTargetKl { Temperature = 6 }.SoftTargetOf(0, 4, _logits)!.Probabilities, objective.SoftTargetOf(0, 4, _logits)!
            .Probabilities);
    }

    [Fact]
    public void Standardising_takes_the_mean_away_and_divides_by_the_deviation()
    {
        // Mean 3, deviation 2: the standardised logits are -1, 0 and 1.
        var target = new LogitStandardization { Inner = new SoftTargetKl() }.SoftTargetOf(label: 0, 3, [1, 3, 5])!;
        var sum = Math.Exp(-1) + 1 + Math.Exp(1);
        Assert.All(
            target.Probabilities.Zip([Math.Exp(-1) / sum, 1 / sum, Math.Exp(1) / sum]), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
    }

    [Fact]
    public void Standardised_logits_are_what_the_student_is_asked_for()
    {
        var mean = _logits.Average();
        var deviation = Math.Sqrt(_logits.Sum(logit => (logit - mean) * (logit - mean)) / 3);
        var expected = Softened(_logits.Select(logit => (logit - mean) / deviation), 2);

        var target = new LogitStandardization { Inner = new SoftTargetKl { Temperature = 2 } }.SoftTargetOf(label: 1, 4, _logits)!;

        Assert.All(expected.Zip(target.Probabilities), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Null(new LogitStandardization { Inner = new SoftTargetKl() }.SoftTargetOf(1, 4));
    }

    private static double[] Softened(IEnumerable<double> logits, double temperature)
    {
        double[] powers = [.. logits.Select(logit => Math.Exp(logit / temperature))];
        return [.. powers.Select(power => power / powers.Sum())];
    }

    private static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }
}
