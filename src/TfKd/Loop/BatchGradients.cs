using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Forward and backward of one batch, in the fixed order: augment, mix, teacher and student see the same pixels, objective, gradients.
/// </summary>
/// <param name="plan">What is done.</param>
/// <param name="participants">Who learns, and who teaches.</param>
/// <param name="rowWeights">The weight of each training row, by its number; null where all weigh the same.</param>
/// <param name="labelScale">What labels count for those that are missing; null where all training rows have one.</param>
internal sealed class BatchGradients(
    TrainingPlan plan, RunParticipants participants, float[]? rowWeights, double? labelScale = null)
{
    private readonly BatchPreparation _preparation =
        new(plan, participants.Student.Network.ClassCount, participants.Student.Network.Device)
        {
            RowWeights = rowWeights,
            LabelScale = labelScale,
        };

    /// <summary>How much the rows that have a label count beside those that have not, one number a class; null: as much.</summary>
    public IReadOnlyList<double>? PositiveWeights { get; init; }

    /// <summary>Takes what is not read at once; null: all is.</summary>
    public UnreadSteps? Unread { get; init; }

    private readonly bool _featuresAreTaught = plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherFeatures);
    private readonly bool _withRowIds = plan.Objective.Needs.HasFlag(ObjectiveNeeds.RowIds);
    private readonly bool _classifierIsTaught = plan.Objective.Needs.HasFlag(ObjectiveNeeds.TeacherClassifier);

    /// <summary>Adds the gradients of a batch to those that are there.</summary>
    /// <param name="loaded">The batch.</param>
    /// <param name="number">Its number in the step, from 0.</param>
    /// <param name="share">Its share of the step's rows.</param>
    /// <param name="position">The step.</param>
    /// <returns>What the batch brought to the step.</returns>
    public StepOutcome Add(LoadedBatch loaded, int number, double share, StepPosition position)
    {
        using var scope = NewDisposeScope();
        using var kernels = participants.Student.Network.PathOf(loaded.RowIds.Count).Enter();
        var (student, peer) = (participants.Student, participants.Peer);
        var view = plan.ViewOf(position.Progress.Epoch);
        var batch = _preparation.Prepare(loaded, view, position.Progress, number);
        var signal = participants.Teacher?.Teach(batch);
        using var integers = student.Integers?.UseInStep();
        using var integersOfPeer = peer?.Integers?.UseInStep();
        var ask = student.Ask(batch.Images, loaded.RowIds, _featuresAreTaught && peer is not null);
        var output = ask();
        var partners = loaded.Partners is null ? null : _preparation.Augment(loaded.Partners, view);
        // Peers answer before either of them learns.
        var askPeer = peer?.Ask(batch.Images, loaded.RowIds, _featuresAreTaught);
        var peerOutput = askPeer?.Invoke();
        var taught = peerOutput is null ? signal : AsSignal(peerOutput, peer!);
        var loss = student.AddGradients(Input(student, output, taught), ask, share, position);
        var peerLoss = peer?.AddGradients(Input(peer, peerOutput!, AsSignal(output, student)), askPeer!, share, position);
        var diagnosis = loss.Diagnosis ?? peerLoss?.Diagnosis;
        return Gather(batch.Targets, signal?.Logits, output.Logits, position, isTaken: diagnosis is null) with
        {
            Loss = share * loss.Value,
            PeerLoss = share * (peerLoss?.Value ?? 0),
            Diagnosis = diagnosis,
        };

        ObjectiveInput Input(Learner learner, NetworkOutput answer, TeacherSignal? teaching) =>
            new(answer, batch.Targets, teaching, position.Progress, learner.Log)
            {
                RowIds = _withRowIds ? loaded.RowIds : [],
                PositiveWeights = PositiveWeights,
                PartnerLogits = partners is null ? null : learner.AnswerPartners(partners, loaded.Partners!.RowIds),
            };
    }

    // What a batch brought but for the objectives.
    private StepOutcome Gather(Targets targets, Tensor? teacher, Tensor student, StepPosition position, bool isTaken)
    {
        using var noGradient = no_grad();
        var (counts, outcome) = (targets.Compare(student), StepOutcome.OfNothing with { Rows = (int)student.shape[0] });
        (Tensor, Tensor, Tensor)? answers = teacher is null || participants.Statistics is null
            ? null
            : (teacher, student, targets.MostProbableClasses);
        if (Unread is not null)
        {
            Unread.Add(position, counts, answers);
            return outcome;
        }

        // Of a step that will not be taken nothing is gathered; answers that are no numbers would be an error of their own.
        if (isTaken && answers is var (given, found, labels))
            participants.Statistics!.Add(given, found, labels);
        var read = counts.cpu().data<long>();
        return outcome with { Correct = read[0], Labelled = read[1] };
    }

    private TeacherSignal AsSignal(NetworkOutput output, Learner learner) => new(output.Logits.detach())
    {
        Features = [.. output.Features.Select(feature => feature.detach())],
        PreActivations = [.. output.PreActivations.Select(feature => feature.detach())],
        Classifier = _classifierIsTaught ? TeacherClassifier.Of(learner.Network) : null,
    };
}
