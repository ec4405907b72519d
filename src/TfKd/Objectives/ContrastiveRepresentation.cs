using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Asks that the student's embedding of a sample is near the teacher's embedding of the same sample and far from those of samples of other
/// classes, of which many are kept (CRD). The bare term.
/// </summary>
/// <remarks>
/// <para>An embedding is the mean over positions of a stage after a trained linear map, as a vector of length 1. Of each of the n training
/// rows the embedding of either network is kept: m times the one before plus 1 - m times the new one, as a vector of length 1, after each
/// batch with the row; random at first. With g_j = exp(f_s k_j / T) / Z, f_s the student's embedding and k_j what is kept of the teacher's
/// for row j, the term of a sample is -log(g_i / (g_i + N / n)) for its own row i, plus the sum over N rows j of other classes, drawn anew
/// for each, of -log((N / n) / (g_j + N / n)), with 1e-7 added to denominators; plus the same of the teacher's embedding and what is kept
/// of the student's; a mean over samples. Z is n times the mean of all exp(f_s k_j / T) of the first batch.</para>
/// <para>Usual weight: <c>new CrossEntropy() + 0.8 * new ContrastiveRepresentation()</c>. Rows are drawn with replacement, where the
/// authors' code draws without as long as there are enough. A row without a label, or that may have several, counts as a class of its own.
/// Images may not be mixed. What is kept takes 2 n <see cref="EmbeddingSize"/> numbers in memory and in each checkpoint, and as many again
/// while a step is computed. Maps and what is kept belong to the run: the student's optimiser trains the maps, checkpoints hold both, the
/// model has neither.</para>
/// <para>Tian, Krishnan and Isola, 'Contrastive Representation Distillation', ICLR 2020, with the memory of the authors' code, which is
/// that of Wu et al., 'Unsupervised Feature Learning via Non-Parametric Instance Discrimination', CVPR 2018.</para>
/// </remarks>
/// <example><code>
/// var objective = new CrossEntropy() + 0.8 * new ContrastiveRepresentation { Negatives = 4096 };
/// </code></example>
public sealed record ContrastiveRepresentation : Objective
{
    private const double Epsilon = 1e-7;

    /// <summary>The student's stage, from 0, or from the end where it is below 0; default -1, the last.</summary>
    public int? StudentStage { get; init; } = -1;

    /// <summary>The teacher's stage; default -1, the last.</summary>
    public int? TeacherStage { get; init; } = -1;

    /// <summary>Rows of other classes that each sample is compared with, N, above 0; default 16384, the authors'.</summary>
    public int Negatives { get; init => field = Require.Positive(value); } = 16384;

    /// <summary>The temperature T, above 0; default 0.07, the authors'.</summary>
    public double Temperature { get; init => field = Require.Positive(value); } = 0.07;

    /// <summary>Share m of what is kept that stays, from 0 and below 1; default 0.5, the authors'.</summary>
    public double Momentum { get; init => field = Require.FractionBelowOne(value); } = 0.5;

    /// <summary>Numbers in an embedding, above 0; default 128, the authors'.</summary>
    public int EmbeddingSize { get; init => field = Require.Positive(value); } = 128;

    /// <inheritdoc/>
    public override ObjectiveNeeds Needs =>
        ObjectiveNeeds.Teacher | ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures | ObjectiveNeeds.RowIds
            | ObjectiveNeeds.WholeBatch;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <summary>Makes the maps, and random embeddings of all rows.</summary>
    /// <exception cref="InvalidOperationException">A network has no such stage, or all rows are of one class.</exception>
    public override ObjectiveState CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var student = FeatureStages.Require(this, nameof(StudentStage), StudentStage, context.StudentStages, context);
        var teacher = FeatureStages.Require(this, nameof(TeacherStage), TeacherStage, context.TeacherStages, context);
        var others = new OtherClassRows(context.TrainingLabels, context.Device);
        if (others.HasOthers)
            return new ContrastiveState((student.Channels, teacher.Channels), EmbeddingSize, others, context.TrainingLabels.Count);
        others.Dispose();
        throw new InvalidOperationException($"{this} compares rows of different classes, but all training rows are of one.");
    }

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var state = input.RequireState<ContrastiveState>(this);
        var ours = state.EmbedStudent(FeatureStages.At(StudentStage, input.Student.Features));
        var theirs = state.EmbedTeacher(FeatureStages.At(TeacherStage, input.RequireTeacher().Features).detach());
        var rows = DeviceCopy.Of([.. input.RequireRowIds().Select(row => (long)row)], ours.device);
        var candidates = state.Candidates(rows, Negatives);
        var share = (double)Negatives / state.RowCount;
        var ofStudent = input.MeanOverRows(
            Contrast(state.StudentLogNearness(ours, candidates, Temperature), share), "contrastive_student");
        var ofTeacher = input.MeanOverRows(
            Contrast(state.TeacherLogNearness(theirs, candidates, Temperature), share), "contrastive_teacher");
        state.Keep(rows, ours, theirs, Momentum);
        return ofStudent + ofTeacher;
    }

    /// <summary>The term of each sample; the first candidate is the sample itself.</summary>
    internal static Tensor Contrast(Tensor logNearness, double share)
    {
        var logDenominators = logaddexp(logNearness, full_like(logNearness, Math.Log(share + Epsilon)));
        return logDenominators.sum(1) - logNearness.select(1, 0) - (logNearness.shape[1] - 1) * Math.Log(share);
    }
}
