namespace TfKd;

/// <summary>Decides whether a run computes the output of its frozen stages once and keeps it.</summary>
internal static class FeatureReuse
{
    /// <summary>Whether the plan has features that stay as they are, and a network that can go on from them.</summary>
    public static bool Suits(TrainingPlan plan, ImageNetwork network) =>
        plan.FrozenStages > 0 && plan.FrozenStages == network.Architecture.GetStages().Count
        && network.Body is IFeatureBody
        && plan.Augmentations.Count == 0
        && plan.Mixing is null
        && plan.Teacher is not PeerTeacher
        && (plan.Objective.Needs & ObjectiveNeeds.StudentFeatures) == 0;
}
