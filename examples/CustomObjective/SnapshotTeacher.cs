using TfKd;
using TorchSharp;
using static TorchSharp.torch;

namespace CustomObjective;

/// <summary>
/// A teacher of one's own that follows the student: the student as it was when the last interval of epochs ended. In the first interval
/// there is none, and all classes are equally likely.
/// </summary>
/// <remarks>
/// Yang, Xie, Su and Yuille, 'Snapshot Distillation: Teacher-Student Optimization in One Generation', CVPR 2019; without its cyclic
/// learning rate.
/// </remarks>
internal sealed record SnapshotTeacher : TeacherSource
{
    /// <summary>Epochs between two snapshots, above 0; default 3.</summary>
    public int Interval
    {
        get;
        init => field = value > 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Interval), value, $"Interval must be above 0, but is {value}.");
    } = 3;

    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        var student = context.Student
            ?? throw new InvalidOperationException(
                $"{this} is made of the student, but the context has none: it can be opened in a run only.");
        var copy = (student.Architecture with { InputShape = context.InputShape }).Build(student.ClassCount);
        copy.Normalization.Set(student.Normalization.Statistics);
        return new Snapshot(student, copy, new NetworkTeacher(copy, context.ClassNames, context, ownsNetwork: true), Interval);
    }

    private sealed class Snapshot(ImageNetwork student, ImageNetwork copy, NetworkTeacher teacher, int interval) : Teacher
    {
        private const string EpochsKey = "epochs";
        private const string CopyPrefix = "copy.";

        private long _epochs;

        public override void OnEpochEnd()
        {
            if (++_epochs % interval == 0)
                Copy(student.Body.state_dict());
        }

        /// <summary>All that changes: without the number of epochs, a run that continues would take its snapshots at other times.</summary>
        public override IEnumerable<KeyValuePair<string, Tensor>> ReadState() =>
        [
            KeyValuePair.Create(EpochsKey, tensor(_epochs)),
            .. copy.Body.state_dict().Select(entry => KeyValuePair.Create(CopyPrefix + entry.Key, entry.Value)),
        ];

        public override void LoadState(IReadOnlyDictionary<string, Tensor> state)
        {
            _epochs = state[EpochsKey].item<long>();
            Copy(copy.Body.state_dict().Keys.ToDictionary(key => key, key => state[CopyPrefix + key]));
        }

        protected override TeacherSignal TeachCore(ImageBatch batch) => _epochs < interval
            ? new TeacherSignal(zeros(batch.Images.shape[0], copy.ClassCount, device: batch.Images.device))
            : teacher.Teach(batch);

        protected override void DisposeCore() => teacher.Dispose();

        private void Copy(Dictionary<string, Tensor> state)
        {
            using var scope = NewDisposeScope();
            using var noGradient = no_grad();
            foreach (var (key, tensor) in copy.Body.state_dict())
                tensor.copy_(state[key]);
        }
    }
}
