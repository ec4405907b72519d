using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TfKd;

/// <summary>Parameters that learn at one rate, with their optimiser.</summary>
internal sealed class ParameterGroup : IDisposable
{
    private readonly OptimizerHelper _optimizer;
    private readonly string _name;
    private readonly double _rateFactor;

    private ParameterGroup(string name, OptimizerSettings optimizer, IReadOnlyList<Parameter> parameters, double rateFactor) =>
        (_name, _optimizer, _rateFactor, Parameters) = (name, optimizer.Create(parameters), rateFactor, parameters);

    /// <summary>What learns.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>All that learns: one group, or the backbone apart from the head and the objective where it has a rate of its own.</summary>
    public static List<ParameterGroup> Divide(ImageNetwork network, TrainingPlan plan, IEnumerable<Parameter> objectiveParameters)
    {
        List<Parameter> learning = [.. network.parameters().Where(parameter => parameter.requires_grad)];
        if (plan.BackboneLearningRateFactor == 1)
            return [new("optimizer", plan.Optimizer, [.. learning, .. objectiveParameters], 1)];
        var head = NetworkHead.Find(network).Module.parameters().Select(parameter => parameter.Handle).ToHashSet();
        List<Parameter> backbone = [.. learning.Where(parameter => !head.Contains(parameter.Handle))];
        List<Parameter> others = [.. learning.Where(parameter => head.Contains(parameter.Handle)), .. objectiveParameters];
        List<ParameterGroup> groups = [];
        if (others.Count > 0)
            groups.Add(new("optimizer", plan.Optimizer, others, 1));
        if (backbone.Count > 0)
            groups.Add(new("backbone-optimizer", plan.Optimizer, backbone, plan.BackboneLearningRateFactor));
        return groups;
    }

    public void ClearGradients() => _optimizer.zero_grad();

    /// <summary>Changes the parameters by one step.</summary>
    /// <param name="learningRate">The rate of the step, before the group's factor.</param>
    public void Step(double learningRate)
    {
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = learningRate * _rateFactor;
        _optimizer.step();
    }

    /// <summary>What a checkpoint holds of the optimiser.</summary>
    /// <param name="learner">What whose learner is called there.</param>
    public CheckpointPart CheckpointPart(string learner) =>
        new($"{learner}-{_name}.", () => OptimizerTensors.Read(_optimizer), tensors => OptimizerTensors.Apply(_optimizer, tensors));

    public void Dispose() => _optimizer.Dispose();
}
