using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Values, gradients and memory of <see cref="ContrastiveRepresentation"/>, whose rows of comparison are drawn.</summary>
public sealed class ContrastiveRepresentationTests : IDisposable
{
    private const int RowCount = 12;

    private static readonly ContrastiveRepresentation _objective =
        new() { Negatives = 6, EmbeddingSize = 3, Temperature = 0.4, Momentum = 0.3 };

    private static readonly int[] _labels = [.. Enumerable.Range(0, RowCount).Select(row => row * row % 4)];
    private static readonly int[] _rows = [3, 11, 0, 6];

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly FeatureBatch _batch = FeatureBatch.Random(seed: 31, rows: 4);
    private readonly ObjectiveStates _states;

    public ContrastiveRepresentationTests()
    {
        random.manual_seed(8);
        _states = ObjectiveStates.Create(_objective, FeatureBatch.Context with { TrainingLabels = _labels });
        State.to(ScalarType.Float64);
    }

    private ContrastiveState State => (ContrastiveState)_states.Find(_objective)!;

    public void Dispose()
    {
        _states.Dispose();
        _scope.Dispose();
    }

    [Fact]
    public void Values_of_three_batches_and_what_is_kept_equal_the_plain_double_oracle()
    {
        var oracle = new ContrastiveOracle(_objective, State);
        for (var batch = 0; batch < 3; batch++)
        {
            var (rows, features) = ((int[])[batch, 4 + batch, 8, 11 - batch], FeatureBatch.Random(batch, 4));
            random.manual_seed(batch);
            var candidates = Candidates(rows);
            random.manual_seed(batch);

            var expected = oracle.Take(features, rows, candidates);

            Assert.Equal(expected, Compute(features, rows).Value.item<double>(), 1e-9);
            foreach (var (name, kept) in new[] { ("studentRows", oracle.Student), ("teacherRows", oracle.Teacher) })
                Assert.All(kept.SelectMany(row => row).Zip(State.get_buffer(name)!.data<double>().ToArray()), pair =>
                    Assert.Equal(pair.First, pair.Second, 1e-12));
        }
    }

    [Fact]
    public void Value_is_that_of_the_published_formulas()
    {
        // Computed in development with PyTorch: of embeddings, memory and candidates as below.
        var (rows, size) = (5, 4);
        using var noGradient = no_grad();
        var objective = _objective with { Negatives = 3, EmbeddingSize = size, Temperature = 0.07 };
        using var states = ObjectiveStates.Create(objective, FeatureBatch.Context with { TrainingLabels = [0, 1, 2, 3, 4] });
        var state = (ContrastiveState)states.Find(objective)!;
        state.to(ScalarType.Float64);
        state.get_buffer("teacherRows")!.copy_(nn.functional.normalize(Waves(rows, size, 1)));
        state.get_buffer("studentRows")!.copy_(nn.functional.normalize(Waves(rows, size, 2)));
        var (student, teacher) = (nn.functional.normalize(Waves(2, size, 3)), nn.functional.normalize(Waves(2, size, 4)));
        var candidates = tensor(new long[] { 1, 0, 2, 4, 3, 0, 1, 0 }, [2, 4]);

        var ofStudent = ContrastiveRepresentation.Contrast(state.StudentLogNearness(student, candidates, 0.07), 3.0 / rows).mean();
        var ofTeacher = ContrastiveRepresentation.Contrast(state.TeacherLogNearness(teacher, candidates, 0.07), 3.0 / rows).mean();
        state.Keep(tensor(new long[] { 1, 3 }), student, teacher, 0.5);

        Assert.Equal(9.776093279314669, ofStudent.item<double>(), 1e-12);
        Assert.Equal(11.334828962930338, ofTeacher.item<double>(), 1e-12);
        Assert.Equal(-0.270824548299923, state.get_buffer("studentRows")!.sum().item<double>(), 1e-12);
        Assert.Equal(-2.3553309433953986, state.get_buffer("teacherRows")!.sum().item<double>(), 1e-12);
    }

    [Fact]
    public void Embeddings_that_are_near_are_finite_at_any_temperature()
    {
        using var scope = NewDisposeScope();
        var objective = _objective with { Negatives = 3, EmbeddingSize = 4 };
        using var states = ObjectiveStates.Create(objective, FeatureBatch.Context with { TrainingLabels = [0, 1, 2, 3, 4] });
        var state = (ContrastiveState)states.Find(objective)!;
        var kept = nn.functional.normalize(Waves(5, 4, 1)).to(ScalarType.Float32);
        using (no_grad())
            state.get_buffer("teacherRows")!.copy_(kept);
        var student = kept.index_select(0, tensor(new long[] { 1, 3 })).clone().requires_grad_();
        var candidates = tensor(new long[] { 1, 0, 2, 4, 3, 0, 1, 0 }, [2, 4]);

        var value = ContrastiveRepresentation.Contrast(state.StudentLogNearness(student, candidates, 0.005), 3.0 / 5).mean();
        value.backward();

        Assert.True(double.IsFinite(value.item<float>()));
        Assert.True(student.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Gradients_of_features_and_maps_equal_central_differences()
    {
        const double Step = 1e-6;
        // The first batch sets the scale, which is a constant from then on, as the memory is within a batch.
        Compute(_batch, _rows);
        var before = State.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone());
        var (value, features) = Again(_batch);
        value.backward();

        foreach (var (tensor, gradient) in State.parameters().Select(parameter => ((Tensor)parameter, parameter.grad!)))
        {
            for (var i = 0; i < tensor.numel(); i++)
                Assert.Equal(Slope(by => Shifted(tensor, i, by)), gradient.view(-1)[i].item<double>(), 1e-6);
        }

        for (var i = 0; i < 18; i++)
        {
            var moved = (double by) => Again(_batch with
            {
                Student = [_batch.Student[0], [[.. _batch.Student[1][0].Select((x, k) => k == i ? x + by : x)], .. _batch.Student[1][1..]]],
            }).Value.item<double>();
            Assert.Equal(Slope(moved), features[1].grad![0].reshape(-1)[i].item<double>(), 1e-6);
        }

        Assert.Null(features[0].grad);

        double Slope(Func<double, double> of) => (of(Step) - of(-Step)) / (2 * Step);

        double Shifted(Tensor parameter, int place, double by)
        {
            using (no_grad())
                parameter.view(-1)[place].add_(by);
            var result = Again(_batch, keepParameters: true).Value.item<double>();
            using (no_grad())
                parameter.view(-1)[place].sub_(by);
            return result;
        }

        (Tensor Value, Tensor[] Features) Again(FeatureBatch batch, bool keepParameters = false)
        {
            using (no_grad())
                foreach (var (name, tensor) in State.state_dict().Where(entry => !keepParameters || !entry.Value.requires_grad))
                    tensor.copy_(before[name]);
            random.manual_seed(4);
            return Compute(batch, _rows);
        }
    }

    [Fact]
    public void Rows_are_drawn_of_other_classes_each_as_often()
    {
        random.manual_seed(2);
        // The last two have none of one label: each is a class of its own.
        int[] labels = [0, 1, 0, 2, 1, 0, Targets.Unlabelled, Targets.Several];
        using var others = new OtherClassRows(labels, CPU);

        var drawn = others.Draw(tensor([.. Enumerable.Range(0, 8).Select(row => (long)row)]), 6000);

        for (var row = 0; row < 8; row++)
        {
            var counts = drawn[row].data<long>().ToArray().CountBy(other => (int)other).ToDictionary();
            var expected = Enumerable.Range(0, 8)
                .Where(other => other != row && (labels[row] < 0 || labels[other] != labels[row])).ToArray();
            Assert.Equal(expected, counts.Keys.Order());
            // Five standard deviations.
            var (mean, limit) = (6000.0 / expected.Length, 5 * Math.Sqrt(6000.0 / expected.Length));
            Assert.All(counts.Values, count => Assert.InRange(count, mean - limit, mean + limit));
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Equal(
            $"{_objective} compares rows of different classes, but all training rows are of one.",
            Assert.Throws<InvalidOperationException>(() =>
                _objective.CreateState(FeatureBatch.Context with { TrainingLabels = [2, 2, 2] })).Message);
        var (logits, features) = _batch.Leaves();
        using var log = new LossLog();
        Assert.Equal(
            "The objective needs the number of each sample's training row, but has 0 for 4 samples.",
            Assert.Throws<InvalidOperationException>(() => _objective.Compute(Input(logits, features, _batch, [], log))).Message);
        var trainer = new Trainer(new TrainingPlan
        {
            Objective = _objective,
            Mixing = new Mixup(),
            Teacher = new GivenTeacher(new SmallCnn { InputShape = new ImageShape(3, 16, 16) }),
        });
        using var student = trainer.CreateStudent(new SmallCnn { Width = 4, InputShape = new ImageShape(3, 16, 16) }, 4);
        Assert.Equal(
            $"{_objective} keeps something of each training row, but the plan mixes images with {new Mixup()}, and a mixture is none of "
                + "the rows; use another objective, or no Mixing.",
            Assert.Throws<InvalidOperationException>(() => trainer.Run(student, PatternSource.Create(16))).Message);
    }

    private static Tensor Waves(int rows, int columns, int shift) =>
        (0.9 * arange(rows * columns, ScalarType.Float64) + shift).cos().view(rows, columns);

    private long[][] Candidates(int[] rows)
    {
        using var drawn = State.Candidates(tensor([.. rows.Select(row => (long)row)]), _objective.Negatives);
        return [.. drawn.data<long>().ToArray().Chunk(1 + _objective.Negatives)];
    }

    private (Tensor Value, Tensor[] Features) Compute(FeatureBatch batch, int[] rows)
    {
        using var log = new LossLog();
        var (logits, features) = batch.Leaves();
        return (_objective.Compute(Input(logits, features, batch, rows, log)), features);
    }

    private ObjectiveInput Input(Tensor logits, Tensor[] features, FeatureBatch batch, int[] rows, LossLog log) => new(
        new NetworkOutput(logits) { Features = features },
        Targets.FromLabels(batch.Logits.LabelTensor(), 4),
        new TeacherSignal(logits.detach()) { Features = batch.TeacherFeatures() },
        new TrainingProgress(0, 1, 0),
        log)
    { States = _states, RowIds = rows };
}
