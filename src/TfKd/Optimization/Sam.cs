using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// Sharpness-aware minimisation: takes the gradient not at the weights but where the objective is about highest within a distance of them,
/// and gives it to another optimiser. What is found is flat: it does not depend on the exact weights, and often generalises better. Each
/// step computes two gradients, and takes about twice the time.
/// </summary>
/// <remarks>
/// Foret et al., 'Sharpness-aware minimization for efficiently improving generalization', ICLR 2021, algorithm 1, with the L2 norm: with
/// the gradient g at weights w, that at w + Rho g / norm(g) is used. The norm is over all that learns. The place is found for each batch,
/// and in each process of a run, by itself: with <see cref="TrainingPlan.AccumulateSteps"/> or <see cref="TrainingPlan.Replicas"/> this
/// is the paper's m-sharpness. Losses and accuracies that are reported, running statistics of batch norms, and what an objective keeps, are
/// of the weights; images, targets, the teacher's answer and the draws of dropout are the same for both gradients.
/// </remarks>
/// <example><code>
/// var optimizer = new Sam(new Sgd { LearningRate = 0.05, Nesterov = true }) { Rho = 0.1 };
/// </code></example>
public sealed record Sam : OptimizerSettings
{
    /// <summary>Makes settings, with the learning rate of the optimiser that the gradient is given to.</summary>
    /// <param name="baseOptimizer">The optimiser that the gradient is given to. Default: <see cref="Sgd"/>.</param>
    /// <exception cref="ArgumentException">It is itself a <see cref="Sam"/>.</exception>
    public Sam(OptimizerSettings? baseOptimizer = null)
    {
        baseOptimizer ??= new Sgd();
        if (baseOptimizer is Sam)
            throw new ArgumentException(
                "A Sam cannot give its gradient to another Sam; expected another optimiser.", nameof(baseOptimizer));
        LearningRate = baseOptimizer.LearningRate;
        // At one rate always, so that settings that do the same are equal.
        BaseOptimizer = baseOptimizer with { LearningRate = 1 };
    }

    /// <summary>The optimiser that the gradient is given to, at the <see cref="OptimizerSettings.LearningRate"/> of this.</summary>
    public OptimizerSettings BaseOptimizer { get => field with { LearningRate = LearningRate }; }

    /// <summary>
    /// Distance from the weights to where the gradient is taken, above 0. Default 0.05, the paper's; it tried 0.01 to 0.5.
    /// </summary>
    public double Rho { get; init => field = Require.Positive(value); } = 0.05;

    /// <inheritdoc/>
    public override OptimizerHelper Create(IEnumerable<Parameter> parameters) => BaseOptimizer.Create(parameters);
}
