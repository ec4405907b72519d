using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The distance between the student's and the teacher's attention maps: where in the image features are strong, whatever their channels.
/// The bare term.
/// </summary>
/// <remarks>
/// <para>The sum over pairs of stages of the difference of Q_s and Q_t, a mean over samples, with Q the map of the mean over channels of
/// |F|^p as a vector of length 1. Stages are paired from the end: the last with the last, and so on. Where heights or widths differ, the
/// larger feature is averaged down to the smaller. There is nothing to train in it.</para>
/// <para>Usual weight: <c>new CrossEntropy() + 1000 * new AttentionTransfer()</c>.</para>
/// <para>Zagoruyko and Komodakis, 'Paying More Attention to Attention: Improving the Performance of Convolutional Neural Networks via
/// Attention Transfer', ICLR 2017. How their paper and their code differ is <see cref="Form"/>; the paper's sum over channels is the code's
/// mean once the vector has length 1.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 1000 * new AttentionTransfer();
/// </code></example>
public sealed record AttentionTransfer : AllStagesObjective
{
    /// <summary>The exponent p, 1 or above; default 2, the paper's best.</summary>
    public double Exponent
    {
        get;
        init => field = value >= 1 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Exponent), value, $"Exponent must be 1 or above and finite, but is {value}.");
    } = 2;

    /// <summary>How a difference is measured; default <see cref="AttentionTransferForm.ReferenceCode"/>.</summary>
    public AttentionTransferForm Form { get; init => field = Require.Defined(value); } = AttentionTransferForm.ReferenceCode;

    /// <inheritdoc/>
    protected override Tensor Compare(IReadOnlyList<Tensor> students, IReadOnlyList<Tensor> teachers, ObjectiveInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.MeanOverRows(students.Zip(teachers, Difference).Aggregate((sum, pair) => sum + pair), "attention_transfer");
    }

    private Tensor Difference(Tensor studentFeature, Tensor teacherFeature)
    {
        var (student, teacher) = FeatureStages.SameSize(studentFeature, teacherFeature);
        var difference = Attention(student) - Attention(teacher);
        return Form == AttentionTransferForm.Paper ? difference.norm(1) / 2 : difference.square().mean([1]);
    }

    private Tensor Attention(Tensor feature) => nn.functional.normalize(feature.abs().pow(Exponent).mean([1]).flatten(1));
}
