using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>A network in training with all that changes with it: its optimiser, and what its objective keeps.</summary>
internal sealed class Learner : IDisposable
{
    public const string TotalTerm = "loss";

    /// <summary>The norm of the gradient, among <see cref="TermsOfBatch"/>.</summary>
    public const string GradientTerm = "gradient";

    private readonly TrainingPlan _plan;
    private readonly ObjectiveStates _states;
    private readonly FrozenLayers _frozen;
    private readonly List<ParameterGroup> _groups;
    private readonly List<Parameter> _parameters;
    private readonly bool _withFeatures;
    private readonly bool _withPreActivations;
    private readonly AveragedWeights? _average;
    private readonly SharpnessAscent? _ascent;

    /// <param name="network">The network, with the path that it computes by.</param>
    /// <param name="plan">How it is trained.</param>
    /// <param name="context">What the objective must fit.</param>
    /// <param name="frozen">The layers that do not learn; they stay the caller's.</param>
    public Learner(ImageNetwork network, TrainingPlan plan, ObjectiveContext context, FrozenLayers frozen)
    {
        (Network, _plan, _frozen) = (network, plan, frozen);
        _withFeatures = plan.Objective.Needs.HasFlag(ObjectiveNeeds.StudentFeatures);
        _withPreActivations = plan.Objective.Needs.HasFlag(ObjectiveNeeds.PreActivations);
        _states = ObjectiveStates.Create(plan.Objective, context);
        _groups = ParameterGroup.Divide(network, plan, _states.Parameters);
        _parameters = [.. _groups.SelectMany(group => group.Parameters)];
        _average = plan.WeightAverage is { } average ? new AveragedWeights(network, average.Decay) : null;
        _ascent = plan.Optimizer is Sam sam
            ? new SharpnessAscent(_parameters, () => network.Body.buffers().Concat(_states.Buffers), sam.Rho)
            : null;
    }

    public ImageNetwork Network { get; }

    public LossLog Log { get; } = new();

    /// <summary>All that learns, the objective's own parameters included.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>What frozen stages make of the training rows; null: they run with the rest.</summary>
    public FrozenFeatures? Features { get; init; }

    /// <summary>
    /// Whether nothing of a step is read before the weights change: <see cref="TermsOfBatch"/> has it. Default false: what is not finite
    /// ends the run before.
    /// </summary>
    public bool IsReadLater { get; init; }

    /// <summary>What the objective recorded of the batch before; whoever takes it disposes it. Null unless it is read later.</summary>
    public LossLog? TermsOfBatch { get; private set; }

    /// <summary>What is asked for.</summary>
    public Objective Objective => _plan.Objective;

    /// <summary>What has it compute in integers; null: it computes in floating point.</summary>
    public IntegerTraining? Integers { get; init; }

    /// <summary>Makes the network ready to learn.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="goesOn">Whether some of its steps were taken already.</param>
    /// <param name="token">Stops between two batches.</param>
    public void OnEpochBegin(int epoch, bool goesOn, CancellationToken token)
    {
        Integers?.OnEpochBegin(epoch, goesOn, token);
        Log.Clear();
        Network.train();
        _frozen.Evaluate();
    }

    /// <summary>Asks the network about a batch.</summary>
    /// <param name="images">The batch.</param>
    /// <param name="rows">The numbers of its rows.</param>
    /// <param name="withFeatures">Whether somebody else wants the features.</param>
    /// <returns>Answers, with gradient; where the objective is computed more than once, with the same draws of dropout each time.</returns>
    public Func<NetworkOutput> Ask(Tensor images, IReadOnlyList<int> rows, bool withFeatures = false)
    {
        return _ascent is null ? Answer : GlobalGenerator.WithSameDraws(Answer);

        NetworkOutput Answer() => Features is null
            ? Network.Run(Network.Path.Arrange(images), _withFeatures || withFeatures, _withPreActivations)
            : new NetworkOutput(Features.Classify(Network, rows));
    }

    /// <summary>Answers other images of the rows' classes, in the mode that the network is in, and without gradient.</summary>
    public Tensor AnswerPartners(Tensor images, IReadOnlyList<int> rows)
    {
        using var noGradient = no_grad();
        return Ask(images, rows)().Logits;
    }

    /// <summary>Forgets the gradients of the step before.</summary>
    public void ClearGradients()
    {
        foreach (var group in _groups)
            group.ClearGradients();
    }

    /// <summary>Adds the gradients of a batch to those that are there.</summary>
    /// <param name="input">What the objective looks at.</param>
    /// <param name="ask">What the student's answer in it came from.</param>
    /// <param name="share">What the objective is multiplied by: the batch's share of the step's rows.</param>
    /// <param name="position">The step.</param>
    /// <returns>The objective, not multiplied, and what is wrong with it, or with its gradient, where that is not finite.</returns>
    public (double Value, TrainingDivergedException? Diagnosis) AddGradients(
        ObjectiveInput input, Func<NetworkOutput> ask, double share, StepPosition position)
    {
        input = input with { States = _states };
        Log.Share = share;
        if (IsReadLater)
            Log.Copy = TermsOfBatch = new LossLog();
        var (loss, value, diagnosis) = Compute(input, position);
        Log.Record(TotalTerm, loss);
        if (_ascent is not null && diagnosis is null)
            return AddGradientsOfAscent(loss, value);
        AddGradientsOf(loss);
        return (value, diagnosis);

        (double Value, TrainingDivergedException? Diagnosis) AddGradientsOfAscent(Tensor objective, double found)
        {
            TrainingDivergedException? wrong = null;
            var norm = _ascent!.Climb(objective, () =>
            {
                using var log = new LossLog();
                (var risen, _, wrong) = Compute(input with { Student = ask(), Log = log }, position);
                AddGradientsOf(risen);
            });
            if (!double.IsFinite(norm))
                wrong = SearchAfter(position).OfGradient(norm);
            // The objective of the weights is finite; what is none lets no process take the step.
            return (wrong is null ? found : double.NaN, wrong);
        }

        void AddGradientsOf(Tensor objective)
        {
            // Gradients have the numbers that were used forwards; those of the objective's own products would be narrowed.
            using var single = Autocast.Suspend();
            // A product with 1 would change nothing but the time.
            (share == 1 ? objective : objective * share).backward();
        }
    }

    /// <summary>Changes the weights by the gradients that are there.</summary>
    /// <exception cref="TrainingDivergedException">The norm of the gradient that is to be clipped is NaN or infinite.</exception>
    public void Step(StepPosition position)
    {
        if (_plan.MaxGradientNorm is { } norm)
        {
            using var scope = NewDisposeScope();
            var found = GradientClipping.Clip(_parameters, norm);
            if (TermsOfBatch is { } terms)
                terms.Record(GradientTerm, found);
            else if (found.to(ScalarType.Float64).item<double>() is var value && !double.IsFinite(value))
                throw SearchAfter(position).OfGradient(value);
        }

        foreach (var group in _groups)
            group.Step(position.LearningRate);
        _average?.OnStepEnd();
        Integers?.OnStepEnd();
    }

    /// <summary>Finds out what is not finite after a step.</summary>
    public NonFiniteSearch SearchAfter(StepPosition position) => new(Network, position);

    /// <summary>
    /// Has the network answer with the average of its weights, where the plan wants one, until the returned object is disposed.
    /// </summary>
    public IDisposable? UseAverage() => _average?.Use();

    /// <summary>
    /// Has the network, with the weights that it has now, answer in integers where the plan wants that, until the returned object is
    /// disposed.
    /// </summary>
    public IDisposable? UseIntegers(CancellationToken token) => Integers?.UseMeasured(own: _average is null, token);

    /// <summary>Ends with the average of the weights, where the plan wants one.</summary>
    public void KeepAverage() => _average?.Keep();

    /// <summary>Refuses weights that are NaN or infinite, which a finite objective with an infinite gradient makes.</summary>
    /// <exception cref="TrainingDivergedException">A weight is not finite.</exception>
    public void RequireFiniteWeights(StepPosition lastStep) => SearchAfter(lastStep).RequireFiniteWeights();

    public void OnEpochEnd() => _states.OnEpochEnd();

    /// <summary>
    /// Makes one of what the processes of a run have each for themselves: running statistics are averaged. Weights are the same in all of
    /// them, but for what other processors may make of one gradient; after an epoch all have those of the first.
    /// </summary>
    public void Unite(ReplicaAgreement agreement)
    {
        agreement.Average(Network.Body.buffers());
        agreement.TakeOfFirst(Parameters);
        if (_average is not null)
            agreement.Average(_average.Tensors);
    }

    /// <summary>What a checkpoint holds of it.</summary>
    /// <param name="name">What it is called there.</param>
    public IEnumerable<CheckpointPart> CheckpointParts(string name) =>
    [
        new($"{name}.", () => Network.Body.state_dict(), tensors => NetworkWeights.Apply(Network, tensors, $"the checkpoint's {name}")),
        .. _groups.Select(group => group.CheckpointPart(name)),
        new($"{name}-objective.", () => _states.Tensors, _states.Load),
        .. _average is null ? (IEnumerable<CheckpointPart>)[] : [_average.CheckpointPart(name)],
        .. Integers is null ? (IEnumerable<CheckpointPart>)[] : [Integers.CheckpointPart(name)],
    ];

    public void Dispose()
    {
        foreach (var group in _groups)
            group.Dispose();
        _states.Dispose();
        _average?.Dispose();
        TermsOfBatch?.Dispose();
        Log.Dispose();
    }

    private (Tensor Objective, double Value, TrainingDivergedException? Diagnosis) Compute(ObjectiveInput input, StepPosition position)
    {
        var objective = _plan.Objective.Compute(input);
        if (IsReadLater)
            return (objective, 0, null);
        var value = objective.detach().to(ScalarType.Float64).item<double>();
        var diagnosis = double.IsFinite(value) ? null : SearchAfter(position).OfObjective(_plan.Objective, input, value);
        return (objective, value, diagnosis);
    }
}
