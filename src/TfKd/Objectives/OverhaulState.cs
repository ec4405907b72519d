using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>What <see cref="OverhaulDistillation"/> keeps: a pair of stages each, the deepest first.</summary>
internal sealed class OverhaulState : ObjectiveState
{
    // The field's name is the key of checkpoints.
    private readonly ModuleList<OverhaulPair> pairs;

    /// <param name="student">Channels of the student's stages, the deepest first.</param>
    /// <param name="teacher">Those of the teacher's.</param>
    public OverhaulState(IEnumerable<int> student, IEnumerable<int> teacher) : base(nameof(OverhaulState))
    {
        pairs = nn.ModuleList(student.Zip(teacher, (inputs, outputs) => new OverhaulPair(inputs, outputs)).ToArray());
        RegisterComponents();
    }

    public OverhaulPair this[int level] => pairs[level];
}

/// <summary>A map of the student's channels to the teacher's, and the mean of what the teacher's stage has had below 0.</summary>
internal sealed class OverhaulPair : nn.Module
{
    // The fields' names are the keys of checkpoints.
    private readonly Linear linear;
    private readonly BatchStandardization norm;
    private readonly Tensor sum;
    private readonly Tensor count;

    public OverhaulPair(int inputs, int outputs) : base(nameof(OverhaulPair))
    {
        linear = nn.Linear(inputs, outputs, hasBias: false);
        norm = new BatchStandardization(outputs);
        (sum, count) = (zeros(outputs, ScalarType.Float64), zeros(outputs, ScalarType.Float64));
        RegisterComponents();
        nn.init.normal_(linear.weight, 0, Math.Sqrt(2.0 / outputs));
    }

    /// <summary>Maps the student's positions.</summary>
    /// <param name="positions">[N,P,C].</param>
    /// <param name="rowWeights">[N], or null.</param>
    public Tensor Map(Tensor positions, Tensor? rowWeights) => norm.Of(linear.call(positions), rowWeights);

    /// <summary>The teacher's stage, but at least the mean of all that its channels have had below 0 so far.</summary>
    /// <param name="teacher">[N,C,H,W].</param>
    /// <param name="rowWeights">[N], or null where all samples weigh the same.</param>
    public Tensor Limit(Tensor teacher, Tensor? rowWeights)
    {
        using var noGradient = no_grad();
        // By name: the module replaces its tensors when it moves to another device.
        var (total, seen) = (get_buffer(nameof(sum))!, get_buffer(nameof(count))!);
        AddTo(total, teacher.clamp(max: 0));
        AddTo(seen, teacher < 0);
        var least = (total / seen.clamp(min: 1)).to(teacher.dtype).view(1, -1, 1, 1);
        return teacher.maximum(least);

        void AddTo(Tensor kept, Tensor values)
        {
            var perRow = values.to(ScalarType.Float64).sum([2L, 3L]);
            kept.add_((rowWeights is null ? perRow : perRow * rowWeights.view(-1, 1)).sum([0L]));
        }
    }
}
