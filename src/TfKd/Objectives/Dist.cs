using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// DIST: asks for probabilities that rise and fall as the teacher's do, over the classes of a row and over the rows of a class; not for
/// equal ones.
/// </summary>
/// <remarks>
/// <para>b (1 - r) over rows + g (1 - r) over columns, with r Pearson's correlation of the student's and the teacher's softmax(z / T):
/// along a row (between classes), a mean over samples; along a column (within a class, between the rows of the batch), a mean over classes.
/// Each term is 0 where one side is a rising straight line of the other and 2 where it is a falling one. The bare term: the published
/// objective is CrossEntropy + Dist { Beta = 2, Gamma = 2 } for ImageNet, where T is 1, and CrossEntropy + Dist { Beta = 2, Gamma = 2,
/// Temperature = 4, Form = DistForm.ReferenceCode } for CIFAR-100.</para>
/// <para>Huang, You, Wang, Qian and Xu, 'Knowledge Distillation from A Stronger Teacher', NeurIPS 2022. Their code has a factor T^2, by
/// <see cref="Form"/> (16 at the T = 4 that they take for CIFAR-100: without it the weights there are 16 times too small), and adds 1e-8 to
/// the denominator of r: a class that all rows find improbable then counts as unrelated, and a student that hardly varies gets gradients of
/// up to 1e8. Here r is exact for probabilities of any size, and what differs by no more than rounding has no correlation: such a row or
/// column is at a distance of 1 and has no gradient. So are all columns of a batch of one row. A student that answers every row alike, as
/// one whose last layer is zero does, learns nothing from the columns: another term has to start it.</para>
/// <para>Where rows have weights, the mean over samples and the correlations along columns are weighted, and the columns' term counts once
/// a row, with the row's weight: a row of double weight is that row twice. Finite where the teacher's probabilities are 0 and 1.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + new Dist { Beta = 2, Gamma = 2 };
/// </code></example>
public sealed record Dist : Objective
{
    /// <summary>Weight b of the rows' term, 0 or above; default 1.</summary>
    public double Beta { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>Weight g of the columns' term, 0 or above; default 1.</summary>
    public double Gamma { get; init => field = Require.NotNegative(value); } = 1;

    /// <summary>Temperature T of both softmaxes, above 0; default 1, the authors' for ImageNet. For CIFAR-100 they take 4, with <see
    /// cref="DistForm.ReferenceCode"/>.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 1;

    /// <summary>Whether the terms have the factor T^2; default <see cref="DistForm.Paper"/>: they have not.</summary>
    public DistForm Form { get; init => field = Require.Defined(value); } = DistForm.Paper;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher | ObjectiveNeeds.WholeBatch;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override double TeacherTemperature => Temperature;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var student = Divergences.LogSoftmax(input.Student.Logits, Temperature);
        var teacher = Divergences.LogSoftmax(input.RequireTeacher().Logits, Temperature).detach();

        var rows = input.MeanOverRows(Correlations.Distance(student, teacher, 1).squeeze(1), "inter_class_relation");
        var perColumn = Correlations.Distance(student, teacher, 0, input.SharesOfBatch()?.unsqueeze(1));
        var columns = input.MeanOverRows(perColumn.mean().expand(student.shape[0]), "intra_class_relation");

        var factor = Form == DistForm.ReferenceCode ? Temperature * Temperature : 1;
        return factor * (Beta * rows + Gamma * columns);
    }
}
