using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Gathers <see cref="TeacherFigures"/> row by row, in double precision.</summary>
/// <param name="classNames">The classes.</param>
/// <param name="objective">Says what of the teacher's answers the student sees: its targets are the report's.</param>
internal sealed class TeacherStatistics(IReadOnlyList<string> classNames, Objective objective)
{
    private readonly ClassSums[] _classes = [.. classNames.Select(_ => new ClassSums())];
    private readonly double[] _target = new double[classNames.Count];
    private MetricsAccumulator _metrics = new();
    private int _agreed;
    private double _entropy;
    private double _smoothing;
    private double _squaredSmoothing;

    /// <summary>Fraction of rows that teacher and student put into the same class; null without rows.</summary>
    public double? Agreement => _metrics.Count == 0 ? null : (double)_agreed / _metrics.Count;

    /// <summary>Of the rows that the teacher is right about, the one about whose other classes it says most; null without rows.</summary>
    public TeacherExample? Example { get; private set; }

    /// <summary>Takes the class that the teacher puts each sample into; null, the default: nobody wants to know.</summary>
    public ICollection<int>? Predictions { get; init; }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        (_metrics, Example, _agreed, _entropy, _smoothing, _squaredSmoothing) = (new(), null, 0, 0, 0, 0);
        foreach (var sums in _classes)
            sums.Clear();
    }

    /// <summary>All that was gathered, as numbers that <see cref="LoadState"/> takes.</summary>
    public double[] ReadState() =>
        [_agreed, _entropy, _smoothing, _squaredSmoothing, .. _metrics.ReadState(), .. _classes.SelectMany(sums => sums.ReadState())];

    /// <summary>Puts back what <see cref="ReadState"/> gave.</summary>
    /// <param name="numbers">That.</param>
    /// <param name="example">The <see cref="Example"/> that was there.</param>
    public void LoadState(IEnumerable<double> numbers, TeacherExample? example)
    {
        Example = example;
        var state = new Queue<double>(numbers);
        (_agreed, _entropy, _smoothing, _squaredSmoothing) = ((int)state.Dequeue(), state.Dequeue(), state.Dequeue(), state.Dequeue());
        _metrics.LoadState(state);
        foreach (var sums in _classes)
            sums.LoadState(state);
    }

    /// <summary>Adds a batch: logits [N,K] of both, labels [N]. Samples without a label are passed over.</summary>
    public void Add(Tensor teacher, Tensor student, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (teachers, students, classes) = (ToArray(teacher), ToArray(student), labels.cpu().data<long>().ToArray());
        for (var row = 0; row < classes.Length; row++)
        {
            if (classes[row] == Targets.Unlabelled)
                continue;
            var (first, count) = (row * _target.Length, _target.Length);
            Add(teachers.AsSpan(first, count), students.AsSpan(first, count), (int)classes[row]);
        }
    }

    /// <summary>Adds a row.</summary>
    public void Add(ReadOnlySpan<float> teacher, ReadOnlySpan<float> student, int label)
    {
        var (best, _) = _metrics.Add(teacher, label);
        Predictions?.Add(best);
        SetTarget(teacher, label);
        var (bestOfStudent, entropy) = (SpanSoftmax.ArgMax(student), 0.0);
        foreach (var probability in _target)
            entropy -= Term(probability);
        var correct = _target[label];
        var others = _target.Length - 1;
        var wrong = 0.0;
        for (var k = 0; k < _target.Length; k++)
            wrong += k == label ? 0 : _target[k];
        // KL from the smoothed label of the same p_c is the difference of the entropies; not below 0 but for rounding.
        var kl = Math.Max(-Term(correct) - (wrong > 0 ? wrong * Math.Log(wrong / others) : 0) - entropy, 0);
        var smoothing = wrong * _target.Length / others;
        _agreed += best == bestOfStudent ? 1 : 0;
        _entropy += entropy;
        _smoothing += smoothing;
        _squaredSmoothing += smoothing * smoothing;
        _classes[label].Add(best == label, correct, kl);
        if (Example is null || (best == label, kl).CompareTo((Example.IsRight, Example.Kl)) > 0)
            Example = new TeacherExample(label, teacher.ToArray()) { IsRight = best == label, Kl = kl };
    }

    private void SetTarget(ReadOnlySpan<float> teacher, int label)
    {
        if (objective.TeacherTargetOf(label, _target.Length, teacher) is { } target)
        {
            for (var k = 0; k < _target.Length; k++)
                _target[k] = target.Probabilities[k];
        }
        else
        {
            SpanSoftmax.Of(teacher, objective.TeacherTemperature, _target);
        }
    }

    public TeacherFigures ToFigures()
    {
        var metrics = _metrics.ToMetrics();
        var mean = _smoothing / metrics.Count;
        return new()
        {
            Metrics = metrics,
            Agreement = (double)_agreed / metrics.Count,
            Entropy = _entropy / metrics.Count,
            EffectiveSmoothing = mean,
            SmoothingDeviation = Math.Sqrt(Math.Max(_squaredSmoothing / metrics.Count - mean * mean, 0)),
            KlFromSmoothedLabel = _classes.Sum(sums => sums.Kl) / metrics.Count,
            Classes = [.. _classes.Select((sums, k) => sums.ToFigures(classNames[k]))],
        };
    }

    private static double Term(double probability) => probability > 0 ? probability * Math.Log(probability) : 0;

    private static float[] ToArray(Tensor logits) => logits.detach().to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();

    private sealed class ClassSums
    {
        private int _count;
        private int _correct;
        private double _probability;

        public double Kl { get; private set; }

        public void Clear() => (_count, _correct, _probability, Kl) = (0, 0, 0, 0);

        public double[] ReadState() => [_count, _correct, _probability, Kl];

        public void LoadState(Queue<double> state) =>
            (_count, _correct, _probability, Kl) = ((int)state.Dequeue(), (int)state.Dequeue(), state.Dequeue(), state.Dequeue());

        public void Add(bool isCorrect, double probability, double kl)
        {
            _count++;
            _correct += isCorrect ? 1 : 0;
            _probability += probability;
            Kl += kl;
        }

        public TeacherClassFigures ToFigures(string name) =>
            new(name, _count, (double)_correct / _count, _probability / _count, Kl / _count);
    }
}
