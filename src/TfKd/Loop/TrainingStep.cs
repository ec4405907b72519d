using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>One step of a run, in the fixed order: augment, mix, teacher and student see the same pixels, objective, backward, optimiser.</summary>
/// <param name="plan">What is done.</param>
/// <param name="student">Who learns.</param>
/// <param name="peer">Who learns beside it, each from the other; null for nobody.</param>
/// <param name="teacher">Who teaches; null for nobody.</param>
/// <param name="path">Which kernels compute.</param>
/// <param name="rowWeights">The weight of each training row, by its number; null where all weigh the same.</param>
internal sealed class TrainingStep(TrainingPlan plan, Learner student, Learner? peer, Teacher? teacher, ComputePath path, float[]? rowWeights = null)
{
    private readonly BatchPreparation _preparation = new(plan, student.Network.ClassCount, student.Network.Device) { RowWeights = rowWeights };
    private readonly bool _featuresAreTaught = plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherFeatures);

    /// <summary>Gathers what the teacher says; null where nobody wants to know.</summary>
    public TeacherStatistics? Statistics { get; init; }

    /// <summary>Takes the step and returns how many rows were classified as their target's most probable class.</summary>
    public long Take(LoadedBatch loaded, TrainingProgress progress, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var kernels = path.Enter();
        var view = plan.ViewOf(progress.Epoch);
        var batch = _preparation.Prepare(loaded, view, progress.Epoch, progress.Step);
        var signal = teacher?.Teach(batch);
        var output = student.Answer(batch.Images, loaded.RowIds, _featuresAreTaught && peer is not null);
        var partners = loaded.Partners is null ? null : _preparation.Augment(loaded.Partners, view);
        // Peers answer before either of them learns.
        var peerOutput = peer?.Answer(batch.Images, loaded.RowIds, _featuresAreTaught);
        student.Learn(Input(student, output, peerOutput is null ? signal : AsSignal(peerOutput)), learningRate);
        peer?.Learn(Input(peer, peerOutput!, AsSignal(output)), learningRate);
        teacher?.OnStepEnd(progress.Step + 1);
        if (signal is not null)
            Statistics?.Add(signal.Logits, output.Logits, batch.Targets.MostProbableClasses);
        using var noGradient = no_grad();
        return output.Logits.argmax(1).eq(batch.Targets.MostProbableClasses).sum().item<long>();

        ObjectiveInput Input(Learner learner, NetworkOutput answer, TeacherSignal? taught) => new(answer, batch.Targets, taught, progress, learner.Log)
        {
            PartnerLogits = partners is null ? null : learner.AnswerPartners(partners, loaded.Partners!.RowIds),
        };
    }

    private static TeacherSignal AsSignal(NetworkOutput output) =>
        new(output.Logits.detach()) { Features = [.. output.Features.Select(feature => feature.detach())] };
}
