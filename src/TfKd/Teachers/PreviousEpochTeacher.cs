using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The student as it was at the end of the last epoch. In the first epoch there is none, and the answer is the rows' own targets.
/// </summary>
/// <remarks>
/// <para>PS-KD is this teacher with targets that move from the labels to it: <c>new Ramped { Inner = new CrossEntropy(), From = 1, To = 0.2
/// } + new Ramped { Inner = new SoftTargetKl(), To = 0.8 }</c>. The teacher is a copy of the network and sees the pixels that the student
/// sees; the authors' code keeps the answers of the last epoch instead, which were given to another view and in training mode.</para>
/// <para>Kim, Ji, Yoon and Hwang, 'Self-Knowledge Distillation with Progressive Refinement of Targets', ICCV 2021.</para>
/// </remarks>
/// <example><code>
/// var plan = new TrainingPlan
/// {
///     Objective = new Ramped { Inner = new CrossEntropy(), From = 1, To = 0.2 }
///         + new Ramped { Inner = new SoftTargetKl(), To = 0.8 },
///     Teacher = new PreviousEpochTeacher(),
/// };
/// </code></example>
public sealed record PreviousEpochTeacher : TeacherSource
{
    /// <summary>False: it begins with the labels.</summary>
    public override bool TakesUnlabelledSamples => false;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context) => new PreviousStudent(StudentCopy.Open(this, context));

    private sealed class PreviousStudent(StudentCopy copy) : Teacher
    {
        // What stands for log 0: its softmax is 0 in every precision, and any objective's arithmetic with it stays finite.
        private const double LogZero = -1e4;

        private bool _hasPast;

        public override void OnEpochEnd()
        {
            copy.Follow();
            _hasPast = true;
        }

        public override IEnumerable<KeyValuePair<string, Tensor>> ReadState() => _hasPast ? copy.Tensors : [];

        public override void LoadState(IReadOnlyDictionary<string, Tensor> state)
        {
            _hasPast = state.Count > 0;
            if (_hasPast)
                copy.Load(state);
        }

        protected override TeacherSignal TeachCore(ImageBatch batch) =>
            _hasPast ? copy.Teach(batch) : new TeacherSignal(batch.Targets.Probabilities.log().clamp_(min: LogZero));

        protected override void DisposeCore() => copy.Dispose();
    }
}
