using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A network in training with all that changes with it: its optimiser, and what its objective keeps.</summary>
internal sealed class Learner : IDisposable
{
    public const string TotalTerm = "loss";

    private readonly TrainingPlan _plan;
    private readonly ComputePath _path;
    private readonly ObjectiveStates _states;
    private readonly FrozenLayers _frozen;
    private readonly List<LearningGroup> _groups;
    private readonly List<Parameter> _parameters;
    private readonly bool _withFeatures;

    /// <param name="network">The network.</param>
    /// <param name="plan">How it is trained.</param>
    /// <param name="context">What the objective must fit.</param>
    /// <param name="path">Which kernels compute.</param>
    /// <param name="frozen">The layers that do not learn; they stay the caller's.</param>
    public Learner(ImageNetwork network, TrainingPlan plan, ObjectiveContext context, ComputePath path, FrozenLayers frozen)
    {
        (Network, _plan, _path, _frozen) = (network, plan, path, frozen);
        _withFeatures = plan.Objective.Needs.HasFlag(ObjectiveNeeds.StudentFeatures);
        _states = ObjectiveStates.Create(plan.Objective, context);
        _groups = LearningGroup.Divide(network, plan, _states.Parameters);
        _parameters = [.. _groups.SelectMany(group => group.Parameters)];
    }

    public ImageNetwork Network { get; }

    public ComputePath Path => _path;

    public LossLog Log { get; } = new();

    /// <summary>What frozen stages make of the training rows; null: they run with the rest.</summary>
    public FrozenFeatures? Features { get; init; }

    /// <summary>Makes the network ready to learn.</summary>
    public void OnEpochBegin()
    {
        Log.Clear();
        Network.train();
        _frozen.Evaluate();
    }

    /// <summary>Answers a batch, with gradient.</summary>
    /// <param name="images">The batch.</param>
    /// <param name="rows">The numbers of its rows.</param>
    /// <param name="withFeatures">Whether somebody else wants the features.</param>
    public NetworkOutput Answer(Tensor images, IReadOnlyList<int> rows, bool withFeatures = false) => Features is null
        ? Network.Run(_path.Arrange(images), _withFeatures || withFeatures)
        : new NetworkOutput(Features.Classify(Network, rows, _path));

    /// <summary>Answers other images of the rows' classes, in the mode that the network is in, and without gradient.</summary>
    public Tensor AnswerPartners(Tensor images, IReadOnlyList<int> rows)
    {
        using var noGradient = no_grad();
        return Answer(images, rows).Logits;
    }

    /// <summary>Changes the weights by one step.</summary>
    /// <exception cref="TrainingDivergedException">The objective is NaN or infinite, or the norm of the gradient that is to be clipped.</exception>
    public void Learn(ObjectiveInput input, double learningRate)
    {
        var loss = _plan.Objective.Compute(input with { States = _states });
        RequireFinite(loss, input, learningRate);
        Log.Record(TotalTerm, loss);
        foreach (var group in _groups)
            group.ClearGradients();
        loss.backward();
        ClipGradients(input.Progress, learningRate);
        foreach (var group in _groups)
            group.Step(learningRate);
    }

    /// <summary>Refuses weights that are NaN or infinite, which a finite objective with an infinite gradient makes.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void RequireFiniteWeights(TrainingProgress lastStep, double learningRate) => new Divergence(Network, lastStep, learningRate).RequireFiniteWeights();

    public void OnEpochEnd() => _states.OnEpochEnd();

    /// <summary>What a checkpoint holds of it.</summary>
    /// <param name="name">What it is called there.</param>
    public IEnumerable<CheckpointPart> CheckpointParts(string name) =>
    [
        new($"{name}.", () => Network.Body.state_dict(), tensors => NetworkWeights.Apply(Network, tensors, $"the checkpoint's {name}")),
        .. _groups.Select(group => group.CheckpointPart(name)),
        new($"{name}-objective.", () => _states.Tensors, _states.Load),
    ];

    public void Dispose()
    {
        foreach (var group in _groups)
            group.Dispose();
        _states.Dispose();
        Log.Dispose();
    }

    private void RequireFinite(Tensor loss, ObjectiveInput input, double learningRate)
    {
        var value = loss.detach().to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(value))
            throw new Divergence(Network, input.Progress, learningRate).OfObjective(_plan.Objective, input with { States = _states }, value);
    }

    private void ClipGradients(TrainingProgress progress, double learningRate)
    {
        if (_plan.MaxGradientNorm is not { } norm)
            return;
        var found = nn.utils.clip_grad_norm_(_parameters, norm);
        if (!double.IsFinite(found))
            throw new Divergence(Network, progress, learningRate).OfGradient(found);
    }
}
