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
}
