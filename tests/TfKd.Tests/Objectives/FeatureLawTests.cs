using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What must hold for any features.</summary>
public sealed class FeatureLawTests : IDisposable
{
    private static readonly Objective[] _relations = [
        new RelationalKd(),
        new RelationalKd { DistanceWeight = 0 },
        new RelationalKd { AngleWeight = 0 },
    ];
    private static readonly Objective _similarity = new SimilarityPreserving();
    private static readonly Objective _selectivity = new NeuronSelectivityTransfer();
    private static readonly Objective[] _neighbours = [new ProbabilisticKnowledgeTransfer(), new CorrelationCongruence()];
    private static readonly Objective[] _attention = [
        new AttentionTransfer(),
        new AttentionTransfer { Exponent = 1 },
        new AttentionTransfer { Form = AttentionTransferForm.Paper },
    ];

    // All that are 0 where both networks say the same.
    private static readonly Objective[] _distances = [.. _relations, .. _attention, _similarity, _selectivity, .. _neighbours];

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _feature;
    private readonly Tensor _other;

    public FeatureLawTests()
    {
        random.manual_seed(3);
        (_feature, _other) = (randn(5, 4, 3, 3, ScalarType.Float64), randn(5, 4, 3, 3, ScalarType.Float64));
    }

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Equal_features_have_the_value_and_the_gradient_zero()
    {
        foreach (var objective in _distances)
        {
            var student = _feature.clone().requires_grad_();
            var value = Compute(objective, student, _feature);
            value.backward();

            Assert.Equal(0, value.item<double>(), 1e-15);
            Assert.Equal(0, student.grad!.abs().max().item<double>(), 1e-9);
        }
    }

    [Fact]
    public void Other_features_have_a_value_above_zero() =>
        Assert.All(_distances, objective => Assert.True(Compute(objective, _feature, _other).item<double>() > 1e-3));

    [Fact]
    public void Relations_do_not_change_by_rotation_scale_and_shift()
    {
        var rotation = linalg.qr(randn(4, 4, ScalarType.Float64)).Q;
        var turned = 7 * einsum("nchw,cd->ndhw", _feature, rotation) + 3;

        foreach (var objective in _relations)
        {
            Assert.Equal(Compute(objective, _feature, _other).item<double>(), Compute(objective, turned, _other).item<double>(), 1e-10);
            Assert.Equal(0, Compute(objective, turned, _feature).item<double>(), 1e-10);
        }
    }

    [Fact]
    public void Similarities_do_not_change_by_rotation_and_scale_and_a_row_of_zeros_is_like_none()
    {
        var rotation = linalg.qr(randn(36, 36, ScalarType.Float64)).Q;
        var turned = (-7 * _feature.flatten(1).mm(rotation)).view(5, 4, 3, 3);

        Assert.Equal(Compute(_similarity, _feature, _other).item<double>(), Compute(_similarity, turned, _other).item<double>(), 1e-12);
        Assert.Equal(0, Compute(_similarity, turned, _feature).item<double>(), 1e-12);
        // Of lines of length 1 against a line of zeros, the squares add up to 1 a line.
        Assert.Equal(0.2, Compute(_similarity, _feature, zeros_like(_feature)).item<double>(), 1e-12);
        Assert.Equal(0, Compute(_similarity, _feature[..1], _other[..1]).item<double>(), 1e-15);
    }

    [Fact]
    public void Neighbours_do_not_change_by_rotation_of_the_channels_and_scale()
    {
        var rotation = linalg.qr(randn(4, 4, ScalarType.Float64)).Q;
        var turned = 7 * einsum("nchw,cd->ndhw", _feature, rotation);

        Assert.All(_neighbours, objective =>
        {
            Assert.Equal(Compute(objective, _feature, _other).item<double>(), Compute(objective, turned, _other).item<double>(), 1e-12);
            Assert.Equal(0, Compute(objective, turned, _feature).item<double>(), 1e-12);
        });
    }

    [Fact]
    public void Opposite_samples_and_samples_of_weight_zero_have_finite_values_and_gradients()
    {
        var opposite = cat([_feature[..1], -_feature[..1]], 0);
        Assert.All(_neighbours, objective =>
        {
            var student = opposite.clone().requires_grad_();
            var value = Compute(objective, student, cat([_other[..1], _other[..1]], 0), tensor(new double[] { 0, 2 }));
            value.backward();
            Assert.True(double.IsFinite(value.item<double>()) && isfinite(student.grad!).all().item<bool>(), objective.ToString());
        });
    }

    [Fact]
    public void The_series_of_a_kernel_approaches_the_gaussian()
    {
        var unit = nn.functional.normalize(_feature.mean([2, 3]));
        var other = nn.functional.normalize(_other.mean([2, 3]));
        var expected = (Gaussian(unit) - Gaussian(other)).square().mean().item<double>();

        Assert.Equal(expected, Compute(new CorrelationCongruence { Order = 30 }, _feature, _other).item<double>(), 1e-12);

        static Tensor Gaussian(Tensor x) => (-0.4 * (x.unsqueeze(0) - x.unsqueeze(1)).square().sum(2)).exp();
    }

    [Fact]
    public void Selectivity_does_not_change_by_scale_sign_order_and_number_of_channels()
    {
        var changed = cat([(-0.01 * _feature).flip(1), _feature], 1);

        Assert.Equal(Compute(_selectivity, _feature, _other).item<double>(), Compute(_selectivity, changed, _other).item<double>(), 1e-12);
        Assert.Equal(0, Compute(_selectivity, changed, _feature).item<double>(), 1e-12);
    }

    [Fact]
    public void Attention_does_not_change_by_scale_sign_and_order_of_channels()
    {
        var changed = (-0.01 * _feature).flip(1);

        foreach (var objective in _attention)
        {
            Assert.Equal(Compute(objective, _feature, _other).item<double>(), Compute(objective, changed, _other).item<double>(), 1e-12);
            Assert.Equal(Compute(objective, _other, _feature).item<double>(), Compute(objective, _other, changed).item<double>(), 1e-12);
        }
    }

    [Fact]
    public void Half_the_norm_and_the_mean_of_squares_are_of_one_difference()
    {
        var (code, paper) = (Compute(_attention[0], _feature[..1], _other[..1]).item<double>(), Compute(
            _attention[2], _feature[..1], _other[..1]).item<double>());

        Assert.Equal(Math.Sqrt(9 * code) / 2, paper, 1e-12);
    }

    [Fact]
    public void Features_that_are_all_zero_have_finite_gradients()
    {
        foreach (var objective in _distances)
        {
            var student = zeros(5, 4, 3, 3, ScalarType.Float64).requires_grad_();
            Compute(objective, student, _feature).backward();
            Assert.True(isfinite(student.grad!).all().item<bool>(), objective.ToString());
        }
    }

    [Fact]
    public void A_single_row_has_no_relations_and_two_have_no_angles()
    {
        Assert.Equal(0, Compute(_relations[0], _feature[..1], _other[..1]).item<double>());
        Assert.Equal(0, Compute(_relations[1], _feature[..2], _other[..2]).item<double>(), 1e-15);
    }

    [Fact]
    public void Rows_that_coincide_count_with_finite_gradients()
    {
        var twice = cat([_feature, _feature], 0).requires_grad_();

        Compute(_relations[0], twice, cat([_other, _other + 1e-3 * randn_like(_other)], 0)).backward();

        Assert.True(isfinite(twice.grad!).all().item<bool>());
    }

    [Fact]
    public void Class_wise_distillation_of_equal_logits_is_cross_entropy()
    {
        var batch = LogitBatch.Random(seed: 8, rows: 4, classes: 5);
        batch = batch with { Teacher = batch.Student };

        Assert.Equal(batch.Value(new CrossEntropy()), batch.Value(new ClassWiseSelfKd { Weight = 5 }), 1e-12);
    }

    private static Tensor Compute(Objective objective, Tensor student, Tensor teacher, Tensor? weights = null)
    {
        using var log = new LossLog();
        var rows = student.shape[0];
        return objective.Compute(new ObjectiveInput(
            new NetworkOutput(zeros(rows, 2)) { Features = [student] },
            Targets.FromLabels(zeros(rows, ScalarType.Int64), 2, weights),
            new TeacherSignal(zeros(rows, 2)) { Features = [teacher] },
            new TrainingProgress(0, 1, 0),
            log));
    }
}
