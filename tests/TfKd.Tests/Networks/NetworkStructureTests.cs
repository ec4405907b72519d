using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>What training and freezing take for granted of every network.</summary>
public sealed class NetworkStructureTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>All but the one that is a module of the user's.</summary>
    [Fact]
    public void Every_network_is_under_test()
    {
        var networks = typeof(NetworkArchitecture).Assembly
            .GetTypes()
            .Where(type => type.IsSubclassOf(typeof(NetworkArchitecture)) && !type.IsAbstract && type != typeof(FactoryNetwork))
            .Select(type => type.Name);

        Assert.Equal(networks.Order(), TestNetworks.All.Select(network => network.GetType().Name).Distinct().Order());
    }

    /// <summary>Comparisons of outputs say little where the output hardly depends on the image.</summary>
    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Networks_under_test_tell_images_apart(int index)
    {
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 11);
        using var noGradient = no_grad();
        network.to(ScalarType.Float64);
        var logits = network.call(TestNetworks.Pixels(2, network.Architecture.InputShape));
        Assert.True((logits[0] - logits[1]).abs().max().item<double>() > 0.01 * logits.abs().max().item<double>());
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Layers_with_parameters_are_registered_in_the_order_in_which_they_run(int index)
    {
        using var network = TestNetworks.All[index].Build(5);
        network.eval();
        var registered = Owners(network);
        var modules = network.Body.named_modules().Prepend(("", network.Body))
            .ToDictionary(entry => entry.Item1, entry => entry.Item2);
        var ran = new List<string>();
        foreach (var name in registered)
            ((nn.Module<Tensor, Tensor>)modules[name]).register_forward_pre_hook((_, x) =>
            {
                ran.Add(name);
                return x;
            });

        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        using var noGradient = no_grad();
        network.call(TestNetworks.Pixels(1, network.Architecture.InputShape));

        Assert.Equal(registered, ran);
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Stages_are_in_order_and_each_has_a_resolution_of_its_own_but_for_transformers(int index)
    {
        using var network = TestNetworks.All[index].Build(3);
        network.eval();
        var stages = network.Architecture.GetStages();
        var places = Paths(network.Body, "").ToList();
        Assert.All(stages, stage => Assert.Contains(stage, places));
        Assert.Equal(stages, stages.OrderBy(places.IndexOf));
        // Small batches end the process in some kernels of oneDNN's on some processors.
        using var kernels = (OneDnn.CanSwitch ? ComputePath.Trusted : ComputePath.Default).Enter();
        var sizes = network.Run(TestNetworks.Pixels(2, network.Architecture.InputShape), withFeatures: true).Features
            .Select(feature => feature.shape[2])
            .ToList();
        if (network.Architecture is VisionTransformer)
            Assert.Single(sizes.Distinct());
        else
            Assert.Equal(sizes.Distinct().OrderDescending(), sizes);
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Body_is_its_features_and_a_classifier_that_has_all_parameters_behind_the_last_stage(int index)
    {
        using var network = TestNetworks.BuildTrained(TestNetworks.All[index], 5);
        var body = Assert.IsType<IFeatureBody>(network.Body, exactMatch: false);
        network.to(ScalarType.Float64);
        var images = network.Normalization.call(TestNetworks.Pixels(3, network.Architecture.InputShape));

        var features = body.Extract(images).detach();
        var logits = body.Classify(features);

        Assert.True(logits.allclose(network.Body.call(images), 1e-9, 1e-9));
        logits.square().sum().backward();
        var owners = Owners(network);
        var (stages, ran) = (network.Architecture.GetStages(), new List<string>());
        foreach (var (name, module) in network.Body.named_modules())
            if (name == stages[^1] || owners.Contains(name))
                ((nn.Module<Tensor, Tensor>)module).register_forward_hook((_, _, y) =>
                {
                    ran.Add(name);
                    return y;
                });
        network.Body.call(images);
        var behind = ran.Skip(ran.LastIndexOf(stages[^1]) + 1).ToList();
        Assert.NotEmpty(behind);
        Assert.Equal(
            behind,
            network.Body.named_parameters().Where(entry => entry.parameter.grad is not null).Select(entry => Owner(entry.name)).Distinct());
    }

    /// <summary>The layers with parameters of their own, in the order in which freezing goes through them.</summary>
    private static List<string> Owners(ImageNetwork network) =>
        [.. network.Body.named_parameters().Select(entry => Owner(entry.name)).Distinct()];

    /// <summary>
    /// The paths of all modules within a module, each behind those within it, as they return: <c>named_modules</c> goes level by level.
    /// </summary>
    private static IEnumerable<string> Paths(nn.Module parent, string prefix) =>
        parent.named_children().SelectMany(child => Paths(child.module, $"{prefix}{child.name}.").Append($"{prefix}{child.name}"));

    // Empty for a parameter of the body's own.
    private static string Owner(string parameter) => parameter[..Math.Max(0, parameter.LastIndexOf('.'))];
}
