using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// A network whose weights are an exponential moving average of the student's over the steps of the run: the mean teacher. After step t the
/// average keeps min(d, 1 - 1 / (t + 1)) of itself, so that the random weights of the beginning are soon forgotten; the running statistics
/// of batch normalisation are averaged as the weights are.
/// </summary>
/// <remarks>Tarvainen and Valpola, 'Mean teachers are better role models', NIPS 2017.</remarks>
/// <example><code>
/// var teacher = new MovingAverageTeacher { Decay = 0.999 };
/// </code></example>
public sealed record MovingAverageTeacher : TeacherSource
{
    /// <summary>
    /// Fraction d of the average that is kept at each step, at least 0 and below 1; default 0.99, the paper's for the beginning of a run.
    /// It takes 0.999 later: an average over some thousand steps, more than a short run has.
    /// </summary>
    public double Decay { get; init => field = Require.FractionBelowOne(value); } = 0.99;

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context) => new AveragedStudent(StudentCopy.Open(this, context), Decay);

    private sealed class AveragedStudent(StudentCopy copy, double decay) : Teacher
    {
        public override void OnStepEnd(long stepCount) => copy.Follow(1 - Math.Min(decay, 1 - 1.0 / (stepCount + 1)));

        public override IEnumerable<KeyValuePair<string, Tensor>> ReadState() => copy.Tensors;

        public override void LoadState(IReadOnlyDictionary<string, Tensor> state) => copy.Load(state);

        protected override TeacherSignal TeachCore(ImageBatch batch) => copy.Teach(batch);

        protected override void DisposeCore() => copy.Dispose();
    }
}
