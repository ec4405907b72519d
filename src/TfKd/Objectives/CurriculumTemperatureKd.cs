using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Distillation at a temperature that is learnt against the student: it rises where that makes the task harder, more and more so over the
/// first epochs. The bare term.
/// </summary>
/// <remarks>
/// <para>T^2 KL(p^t_T || p_T), a mean over rows, with T = <see cref="LowestTemperature"/> + <see cref="TemperatureRange"/> s(x) for one
/// parameter x that begins at 1, s being the logistic function. The student's optimiser trains x, by the gradient times -l: l grows from 0
/// to <see cref="MaxReversal"/> as (1 - cos(pi e / E)) / 2 does over the epochs e = 1 to E = <see cref="RampEpochs"/>.</para>
/// <para>Usual weight: <c>0.1 * new CrossEntropy() + 0.9 * new CurriculumTemperatureKd()</c>.</para>
/// <para>Li, Li, Yang, Zhao, Song, Luo, Li and Yang, 'Curriculum Temperature for Knowledge Distillation', AAAI 2023: the global form, with
/// the settings of the authors' code. The parameter belongs to the run: checkpoints hold it, the model does not.</para>
/// </remarks>
public sealed record CurriculumTemperatureKd : Objective
{
    private const double LowestLogit = -1e30;

    /// <summary>The lowest temperature, above 0; default 1.</summary>
    public double LowestTemperature { get; init => field = Require.Positive(value); } = 1;

    /// <summary>How far the highest temperature lies above it, above 0; default 20.</summary>
    public double TemperatureRange { get; init => field = Require.Positive(value); } = 20;

    /// <summary>The largest factor of the reversed gradient, 0 or above; default 1. 0: the temperature stays what it is at first.</summary>
    public double MaxReversal { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>Over how many epochs the factor grows, above 0; default 10.</summary>
    public int RampEpochs { get; init => field = Require.Positive(value); } = 10;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <summary>That of the first step.</summary>
    public override double TeacherTemperature => LowestTemperature + TemperatureRange / (1 + Math.Exp(-TemperatureState.FirstValue));

    /// <inheritdoc/>
    public override ObjectiveState? CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new TemperatureState();
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        // T^2 is in the hundreds, and both sides are alike where it is: float32 would lose half of the digits.
        var (student, teacher) = (input.Student.Logits.to(ScalarType.Float64), input.RequireTeacher().Logits.to(ScalarType.Float64));
        var parameter = input.RequireState<TemperatureState>(this).Reversed(ReversalIn(input.Progress.Epoch)).to(ScalarType.Float64);
        var temperature = LowestTemperature + TemperatureRange * parameter.sigmoid();
        input.Log.Record("temperature", temperature);
        // Written out: elsewhere the teacher's side is a constant, here the temperature is learnt from it, too. What a teacher takes for
        // impossible has a logit so low that its share is 0, but finite, as its slope must be.
        var theirs = nn.functional.log_softmax(teacher.detach().clamp(min: LowestLogit) / temperature, 1);
        var ours = nn.functional.log_softmax(student / temperature, 1);
        var rows = (theirs.exp() * (theirs - ours)).sum(1);
        return input.MeanOverRows((rows * temperature.square()).to(input.Student.Logits.dtype), "curriculum_temperature_kd");
    }

    /// <summary>The factor l in an epoch, counted from 0.</summary>
    internal double ReversalIn(int epoch) =>
        MaxReversal * (1 - Math.Cos(Math.PI * Math.Min(epoch + 1, RampEpochs) / RampEpochs)) / 2;

    /// <summary>The parameter of the temperature.</summary>
    internal sealed class TemperatureState : ObjectiveState
    {
        public const double FirstValue = 1;

        // The field's name is the key of checkpoints.
        private readonly TorchSharp.Modules.Parameter temperature;

        public TemperatureState() : base(nameof(TemperatureState))
        {
            temperature = nn.Parameter(full(1, FirstValue, ScalarType.Float32));
            RegisterComponents();
        }

        /// <summary>
        /// The value, with a gradient that is times -<paramref name="factor"/>; without one where that is 0, or weight decay would move it.
        /// </summary>
        public Tensor Reversed(double factor) => factor == 0
            ? temperature.detach()
            : -factor * temperature + ((1 + factor) * temperature).detach();
    }
}
