using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Distils probabilities at several temperatures, of each row by itself, between the rows of the batch, and between the classes. The bare
/// term.
/// </summary>
/// <remarks>
/// <para>The sum over temperatures T, with p = softmax(z / T) and P the matrix [N,K] of a batch's p, of <see cref="InstanceWeight"/> times
/// T^2 KL(p^t || p), a mean over rows; of <see cref="BatchWeight"/> / N times the squared differences of P P' between both networks; and of
/// <see cref="ClassWeight"/> / K times those of P' P. With row weights, each pair of rows counts with the product of their weights, and
/// P' P is of rows times their weights.</para>
/// <para>Usual weight: <c>new CrossEntropy() + new MultiLevelKd()</c>.</para>
/// <para>Jin, Wang and Lin, 'Multi-Level Logit Distillation', CVPR 2023. Their code adds the first part once more for a strongly augmented
/// view, and of weakly augmented ones leaves out the half of the rows and of the classes of which the teacher is surest; neither is done
/// here.</para>
/// </remarks>
public sealed record MultiLevelKd : Objective
{
    /// <summary>The temperatures, one or more, each above 0; default 2, 3, 4, 5 and 6, as the authors' code for CIFAR-100.</summary>
    public IReadOnlyList<double> Temperatures
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Temperatures));
            if (value.Count == 0)
                throw new ArgumentException("Temperatures must have one value or more, but has none.", nameof(Temperatures));
            field = new ValueList<double>(value.Select(temperature => Require.Positive(temperature, nameof(Temperatures))));
        }
    } = new ValueList<double>([2, 3, 4, 5, 6]);

    /// <summary>Weight of the divergence of each row, 0 or above; default 1.</summary>
    public double InstanceWeight { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>Weight of the similarities of rows, 0 or above; default 1.</summary>
    public double BatchWeight { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>Weight of the similarities of classes, 0 or above; default 1.</summary>
    public double ClassWeight { get; init => field = Require.NotNegative(value); } = 1;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher | ObjectiveNeeds.WholeBatch;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperatures.Max();

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (student, teacher) = (input.Student.Logits, input.RequireTeacher().Logits);
        var levels = Temperatures.Select(temperature => Levels(student, teacher, temperature, input)).ToList();
        var instance = Sum(levels.Select(level => level.Instance), "multi_level_instance");
        var batch = Sum(levels.Select(level => level.Batch), "multi_level_batch");
        var classes = Sum(levels.Select(level => level.Class), "multi_level_class");
        return InstanceWeight * instance + BatchWeight * batch + ClassWeight * classes;

        Tensor Sum(IEnumerable<Tensor> terms, string name)
        {
            var sum = terms.Aggregate((total, term) => total + term);
            input.Log.Record(name, sum);
            return sum;
        }
    }

    private static (Tensor Instance, Tensor Batch, Tensor Class) Levels(
        Tensor student, Tensor teacher, double temperature, ObjectiveInput input)
    {
        var (ours, theirs) = (Divergences.LogSoftmax(student, temperature).exp(), Divergences.LogSoftmax(teacher, temperature).exp());
        var weights = input.Targets.RowWeights ?? ones(student.shape[0], student.dtype, student.device);
        var column = weights.unsqueeze(1);
        var ofRows = (ours.mm(ours.t()) - theirs.mm(theirs.t())).square() * (column * weights);
        var ofClasses = ((ours * column).t().mm(ours) - (theirs * column).t().mm(theirs)).square();
        return (
            temperature * temperature * input.MeanOverRows(Divergences.SoftenedKl(teacher, student, temperature)),
            ofRows.sum() / student.shape[0],
            ofClasses.sum() / student.shape[1]);
    }
}
