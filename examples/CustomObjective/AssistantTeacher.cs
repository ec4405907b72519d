using TfKd;

namespace CustomObjective;

/// <summary>
/// A teacher of one's own that trains first: a large network, and then an assistant of middle size, which learns from the large one by the
/// objective of the student's run and teaches the student. A student that is much smaller than its teacher learns more from the assistant.
/// </summary>
/// <remarks>
/// Mirzadeh, Farajtabar, Li, Levine, Matsukawa and Ghasemzadeh, 'Improved Knowledge Distillation via Teacher Assistant', AAAI 2020.
/// </remarks>
/// <param name="Large">The network that learns from the labels.</param>
/// <param name="Assistant">The network that learns from the large one.</param>
internal sealed record AssistantTeacher(NetworkArchitecture Large, NetworkArchitecture Assistant) : TeacherSource
{
    /// <inheritdoc/>
    protected override Teacher OpenCore(TeacherContext context)
    {
        // The run trains them on its own rows, with seeds and checkpoints of their own: a run that continues finds them again.
        var training = context.RequireTeacherTraining(this);
        using var large = training.Train(new TeacherTrainingRequest { Architecture = Large, Objective = new CrossEntropy() });
        var assistant = training.Train(new TeacherTrainingRequest { Architecture = Assistant, Teacher = new AtHand(large) });
        return new NetworkTeacher(assistant, context.ClassNames, context, ownsNetwork: true);
    }

    /// <summary>A network that was just trained as a teacher; what it says is told by its fingerprint, not by its text.</summary>
    private sealed record AtHand([property: NotIdentity] ImageNetwork Network) : TeacherSource
    {
        protected override Teacher OpenCore(TeacherContext context) =>
            new NetworkTeacher(Network, context.ClassNames, context, ownsNetwork: false);
    }
}
