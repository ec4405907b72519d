using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Gives the student the teacher's own classifier, for good, and asks only that its last stage is what the teacher's is (SimKD): where it
/// is, the student answers exactly as the teacher does. It needs no other term.
/// </summary>
/// <remarks>
/// <para>The mean over elements of (F_s - F_t)^2 of both last stages, a mean over samples. Where heights or widths differ, the larger
/// feature is averaged down to the smaller. Before the first step the student's classifier becomes the teacher's; it learns nothing, in
/// whatever sum the objective is, and is part of the model that is made.</para>
/// <para>The last stages have as many channels: the student is a <see cref="ProjectedNetwork"/> with the teacher's
/// <see cref="ProjectedNetwork.Channels"/>, or a network that has as many by itself. Both classifiers must be one linear layer on the mean
/// over positions of the last stage, as that of a ResNet is, and the teacher one that stays as it is: all else is refused before the first
/// batch. Usual weight: <c>new ReusedClassifier()</c>, alone.</para>
/// <para>Chen, Mei, Zhang, Wang, Feng and Chen, 'Knowledge Distillation with the Reused Teacher Classifier', CVPR 2022. The authors' code
/// averages a student's larger feature down before its projector, which is here part of the network and runs before.</para>
/// </remarks>
/// <example><code>
/// var objective = new ReusedClassifier();
/// </code></example>
public sealed record ReusedClassifier : Objective
{
    /// <inheritdoc/>
    public override ObjectiveNeeds Needs => ObjectiveNeeds.Teacher | ObjectiveNeeds.StudentFeatures | ObjectiveNeeds.TeacherFeatures
        | ObjectiveNeeds.TeacherClassifier | ObjectiveNeeds.ReusedClassifier;

    /// <inheritdoc/>
    public override bool TakesUnlabelledSamples => true;

    /// <inheritdoc/>
    public override bool TakesSeveralLabels => true;

    /// <inheritdoc/>
    protected override Tensor ComputeCore(ObjectiveInput input)
    {
        var (ours, theirs) = FeatureStages.SameSize(input.Student.Features[^1], input.RequireTeacher().Features[^1].detach());
        return input.MeanOverRows((ours - theirs).square().mean([1, 2, 3]), "reused_classifier");
    }
}
