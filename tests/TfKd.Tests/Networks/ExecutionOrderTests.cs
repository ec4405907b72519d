using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What is frozen first, and what is left behind the stages, goes by the order in which parts are registered.</summary>
public sealed class ExecutionOrderTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Layers_with_parameters_run_in_the_order_in_which_they_are_registered(int index)
    {
        using var network = TestNetworks.All[index].Build(3);
        Assert.Equal(WithParameters(network).Select(layer => layer.Name), Run(network, () => network.call(Images(network))));
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Stages_are_in_order_and_each_has_a_resolution_of_its_own(int index)
    {
        using var network = TestNetworks.All[index].Build(3);
        network.eval();
        var stages = network.Architecture.GetStages();
        var places = Modules(network.Body).Select(module => module.Name).ToList();
        Assert.All(stages, stage => Assert.Contains(stage, places));
        Assert.Equal(stages, stages.OrderBy(places.IndexOf));
        using var kernels = Kernels();
        var sizes = network.Run(Images(network), withFeatures: true).Features.Select(feature => feature.shape[2]).ToList();
        Assert.Equal(sizes.Distinct().OrderDescending(), sizes);
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void First_part_of_the_body_ends_with_the_last_stage_and_the_second_is_what_is_behind(int index)
    {
        using var network = TestNetworks.All[index].Build(3);
        network.eval();
        var body = Assert.IsAssignableFrom<IFeatureBody>(network.Body);
        var images = network.Normalization.call(Images(network));
        var places = Modules(network.Body).Select(module => module.Name).ToList();
        var stage = network.Architecture.GetStages()[^1];
        var end = places.FindLastIndex(name => name == stage || name.StartsWith($"{stage}.", StringComparison.Ordinal));
        var layers = WithParameters(network).Select(layer => layer.Name).ToList();

        Tensor? features = null, logits = null, whole = null;
        Assert.Equal(layers.Where(layer => places.IndexOf(layer) <= end), Run(network, () => features = body.Extract(images)));
        Assert.Equal(layers.Where(layer => places.IndexOf(layer) > end), Run(network, () => logits = body.Classify(features!)));
        Run(network, () => whole = network.Body.call(images));
        Assert.True(whole!.equal(logits!).all().item<bool>());
    }

    private static List<(string Name, nn.Module<Tensor, Tensor> Module)> WithParameters(ImageNetwork network) =>
        [.. Modules(network.Body).Where(part => part.Module.parameters(recurse: false).Any()).Select(part => (part.Name, (nn.Module<Tensor, Tensor>)part.Module))];

    /// <summary>All modules within a module, each followed by its own: <c>named_modules</c> goes level by level.</summary>
    private static IEnumerable<(string Name, nn.Module Module)> Modules(nn.Module parent, string prefix = "") => parent.named_children().SelectMany(
        child => Modules(child.module, $"{prefix}{child.name}.").Prepend(($"{prefix}{child.name}", child.module)));

    /// <summary>The layers with parameters that took part, in order.</summary>
    private static List<string> Run(ImageNetwork network, Action action)
    {
        var called = new List<string>();
        var hooks = WithParameters(network).Select(layer => layer.Module.register_forward_hook((_, _, output) =>
        {
            called.Add(layer.Name);
            return output;
        })).ToList();
        using var kernels = Kernels();
        action();
        foreach (var hook in hooks)
            hook.remove();
        return called;
    }

    /// <summary>Small batches end the process in some kernels of oneDNN's on some processors.</summary>
    private static IDisposable Kernels() => (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();

    private static Tensor Images(ImageNetwork network) => TestNetworks.Pixels(2, network.Architecture.InputShape);
}
