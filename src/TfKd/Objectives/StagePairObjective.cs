using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// An objective that compares what one stage of the student makes of the samples with what one stage of the teacher makes of them. Deriving
/// a record and overriding <see cref="Compare"/> is all it takes to bring one of your own.
/// </summary>
/// <remarks>
/// Stages are counted from 0, or from the end where the number is below 0; null is the middle one, of two the later. Which stages a network
/// has says <see cref="NetworkArchitecture.GetStages"/>.
/// </remarks>
public abstract record StagePairObjective : Objective
{
    /// <summary>The student's stage; default -1, the last, unless the record says otherwise.</summary>
    public int? StudentStage { get; init; } = -1;

    /// <summary>The teacher's stage; default -1, the last, unless the record says otherwise.</summary>
    public int? TeacherStage { get; init; } = -1;

    /// <inheritdoc/>
    public sealed override ObjectiveNeeds Needs =>
        ObjectiveNeeds.Teacher | ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures
            | (RelatesSamples ? ObjectiveNeeds.WholeBatch : ObjectiveNeeds.None);

    /// <summary>
    /// Whether it relates the samples of a batch to one another, and so needs <see cref="ObjectiveNeeds.WholeBatch"/>. Default false: it is
    /// a mean over samples.
    /// </summary>
    protected virtual bool RelatesSamples => false;

    /// <summary>True: labels are not looked at.</summary>
    public sealed override bool TakesUnlabelledSamples => true;

    /// <summary>True, for the same reason.</summary>
    public sealed override bool TakesSeveralLabels => true;

    /// <summary>Checks that both stages are there, and makes the state for them.</summary>
    /// <exception cref="InvalidOperationException">A network has no such stage.</exception>
    public sealed override ObjectiveState? CreateState(ObjectiveContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var student = FeatureStages.Require(this, nameof(StudentStage), StudentStage, context.StudentStages, context);
        var teacher = FeatureStages.Require(this, nameof(TeacherStage), TeacherStage, context.TeacherStages, context);
        return CreateState(student, teacher);
    }

    /// <summary>Makes what the objective keeps over a run; null, the default, where it keeps nothing.</summary>
    /// <param name="student">Channels, height and width of the student's stage.</param>
    /// <param name="teacher">The same of the teacher's.</param>
    protected virtual ObjectiveState? CreateState(ImageShape student, ImageShape teacher) => null;

    /// <inheritdoc/>
    protected sealed override Tensor ComputeCore(ObjectiveInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Compare(
            FeatureStages.At(StudentStage, input.Student.Features),
            FeatureStages.At(TeacherStage, input.RequireTeacher().Features).detach(),
            input);
    }

    /// <summary>Computes the objective, within a dispose scope as <see cref="Objective.ComputeCore"/> does.</summary>
    /// <param name="student">The student's feature, [N,C,H,W], with gradient.</param>
    /// <param name="teacher">The teacher's, without gradient; channels, height and width may be others.</param>
    /// <param name="input">All that an objective may look at.</param>
    /// <returns>A scalar.</returns>
    protected abstract Tensor Compare(Tensor student, Tensor teacher, ObjectiveInput input);

    /// <summary>The weight of each sample, [N]: 1 where they have none.</summary>
    /// <param name="input">The weights.</param>
    /// <param name="feature">A feature of the samples, whose type and device ones have.</param>
    private protected static Tensor Weights(ObjectiveInput input, Tensor feature) =>
        input.Targets.RowWeights ?? ones(feature.shape[0], feature.dtype, feature.device);

    /// <summary>
    /// The mean over all N^2 pairs of samples, each of which counts with the product of its samples' weights, recorded as the value of a
    /// term.
    /// </summary>
    /// <param name="pairs">One value a pair, [N,N].</param>
    /// <param name="input">The weights and the log.</param>
    /// <param name="term">The term's name.</param>
    private protected static Tensor MeanOverPairs(Tensor pairs, ObjectiveInput input, string term)
    {
        var mean = (input.Targets.RowWeights is { } weights ? pairs * (weights.unsqueeze(1) * weights) : pairs).mean();
        input.Log.Record(term, mean);
        return mean;
    }

    /// <summary>Each sample's mean over positions as a vector of length 1, [N,C]; one of zeros stays as it is.</summary>
    private protected static Tensor UnitEmbeddings(Tensor feature) => nn.functional.normalize(feature.mean([2, 3]));
}
