using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>One step of a run, in the fixed order: augment, teacher and student see the same pixels, objective, backward, optimiser.</summary>
/// <param name="plan">What is done.</param>
/// <param name="student">Who learns.</param>
/// <param name="peer">Who learns beside it, each from the other; null for nobody.</param>
/// <param name="teacher">Who teaches; null for nobody.</param>
/// <param name="path">Which kernels compute.</param>
internal sealed class TrainingStep(TrainingPlan plan, Learner student, Learner? peer, ITeacher? teacher, ComputePath path)
{
    private readonly Device _device = student.Network.Device;
    private readonly bool _featuresAreTaught = plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherFeatures);

    /// <summary>The weight of each training row, by its number; null where all weigh the same.</summary>
    public float[]? RowWeights { get; init; }

    /// <summary>Gathers what the teacher says; null where nobody wants to know.</summary>
    public TeacherStatistics? Statistics { get; init; }

    /// <summary>Takes the step and returns how many rows were classified as their target's most probable class.</summary>
    public long Take(LoadedBatch loaded, TrainingProgress progress, double learningRate)
    {
        using var scope = NewDisposeScope();
        using var kernels = path.Enter();
        var batch = Prepare(loaded, plan.ViewOf(progress.Epoch));
        var signal = teacher?.Teach(batch);
        var output = student.Answer(batch.Images, loaded.RowIds, _featuresAreTaught && peer is not null);
        var partners = loaded.Partners is null ? null : Augment(loaded.Partners, plan.ViewOf(progress.Epoch));
        // Peers answer before either of them learns.
        var peerOutput = peer?.Answer(batch.Images, loaded.RowIds, _featuresAreTaught);
        student.Learn(Input(student, output, peerOutput is null ? signal : AsSignal(peerOutput)), learningRate);
        peer?.Learn(Input(peer, peerOutput!, AsSignal(output)), learningRate);
        (teacher as IStudentFollower)?.OnStepEnd(progress.Step + 1);
        if (signal is not null)
            Statistics?.Add(signal.Logits, output.Logits, batch.Targets.Labels!);
        using var noGradient = no_grad();
        return output.Logits.argmax(1).eq(batch.Targets.Labels!).sum().item<long>();

        ObjectiveInput Input(Learner learner, NetworkOutput answer, TeacherSignal? taught) => new(answer, batch.Targets, taught, progress, learner.Log)
        {
            PartnerLogits = partners is null ? null : learner.AnswerPartners(partners, loaded.Partners!.RowIds),
        };
    }

    private static TeacherSignal AsSignal(NetworkOutput output) =>
        new(output.Logits.detach()) { Features = [.. output.Features.Select(feature => feature.detach())] };

    private ImageBatch Prepare(LoadedBatch loaded, int view)
    {
        var weights = RowWeights is null ? null : tensor(loaded.RowIds.Select(row => RowWeights[row]).ToArray(), device: _device);
        return new(Augment(loaded, view), Targets.FromLabels(loaded.Labels.to(_device), student.Network.ClassCount, weights), loaded.RowIds, view);
    }

    private Tensor Augment(LoadedBatch loaded, int view)
    {
        using var noGradient = no_grad();
        var images = loaded.Images.to(_device);
        if (plan.Augmentations.Count > 0)
        {
            var random = new RowRandom(plan.Seed, loaded.RowIds, view);
            foreach (var augmentation in plan.Augmentations)
                images = augmentation.Apply(images, random);
        }

        return images;
    }
}
