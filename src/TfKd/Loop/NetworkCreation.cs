using TorchSharp;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Makes the networks of a run.</summary>
internal static class NetworkCreation
{
    /// <summary>
    /// Builds a network whose weights are drawn from the plan's seed, or are the plan's initial ones; the caller disposes it.
    /// </summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="architecture">What is built.</param>
    /// <param name="classNames">Its classes.</param>
    /// <param name="purpose">Which of the seed's streams is drawn from.</param>
    /// <exception cref="ArgumentException">Images of its shape cannot be turned as the plan says.</exception>
    /// <exception cref="InvalidDataException">The plan's weights are damaged, or do not fit the network.</exception>
    public static ImageNetwork Create(TrainingPlan plan, NetworkArchitecture architecture, IReadOnlyList<string> classNames, long purpose)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(classNames);
        TorchRuntime.EnsureLoaded();
        GlobalGenerator.Seed(plan.Seed, purpose);
        var network = architecture.Build(classNames.Count);
        try
        {
            network.TestTimeAugmentation = plan.TestTimeAugmentation;
            plan.InitialWeights?.ApplyTo(network, classNames);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Builds the second student of a <see cref="PeerTeacher"/>, from other random weights; the caller disposes it. Where the plan's
    /// initial ones leave nothing random, its head is drawn all the same: two equal networks that see the same would stay equal.
    /// </summary>
    /// <param name="plan">The run's plan.</param>
    /// <param name="student">The first student, with its statistics and the path that it computes by.</param>
    /// <param name="classNames">The classes.</param>
    /// <param name="agreement">The processes of the run.</param>
    public static ImageNetwork CreatePeer(
        TrainingPlan plan, ImageNetwork student, IReadOnlyList<string> classNames, ReplicaAgreement agreement)
    {
        var peer = Create(plan, student.Architecture, classNames, SeedPurpose.Peer);
        try
        {
            if (plan.InitialWeights is not null && AreEqual(peer.Body.state_dict(), student.Body.state_dict()))
                DrawHead(plan, peer, classNames);
            peer.Normalization.Set(student.Normalization.Statistics);
            peer.to(plan.Device ?? CPU);
            agreement.TakeOfFirst(peer.Body.state_dict().Values);
            peer.UsePath(student.Checked!);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    private static bool AreEqual(Dictionary<string, Tensor> one, Dictionary<string, Tensor> other)
    {
        using var scope = NewDisposeScope();
        return one.All(entry => entry.Value.cpu().eq(other[entry.Key].cpu()).all().item<bool>());
    }

    // As it is drawn where there are no initial weights.
    private static void DrawHead(TrainingPlan plan, ImageNetwork network, IReadOnlyList<string> classNames)
    {
        using var drawn = Create(plan with { InitialWeights = null }, network.Architecture, classNames, SeedPurpose.Peer);
        using var scope = NewDisposeScope();
        WeightBlend.Move(NetworkHead.Find(network).Module.state_dict(), NetworkHead.Find(drawn).Module.state_dict(), 1);
    }
}
