using TorchSharp;
using static TfKd.Tests.TorchSamples;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Files as the training programs of others leave them: the network under a name, beside all that a program keeps.</summary>
public sealed class TrainingCheckpointTests
{
    private static readonly CifarResNet Small = new() { Depth = 8, Width = 4 };

    // As argparse makes it, with what settings hold: other objects, calls of functions, sets, paths, texts of numpy.
    private static readonly PickleBuilt Settings = new(new PickleNew("argparse", "Namespace"), new Dictionary<string, object?>
    {
        ["lr"] = 0.1,
        ["output"] = new PickleCall("pathlib", "PosixPath", "runs", "1"),
        ["started"] = new PickleCall("datetime", "datetime", new byte[] { 7, 230, 1, 1, 0, 0, 0, 0, 0, 0 }),
        ["mode"] = new PickleCall("train", "Mode", "fast"),
        ["augment"] = new PickleCall("builtins", "getattr", new PickleName("train", "Augment"), "apply"),
        ["classes"] = new PickleCall("builtins", "set", new List<object?> { "a", "b" }),
        ["names"] = new PickleBuilt(new PickleCall("numpy", "dtype", "U5", false, true), new object?[] { 3L, "<", null }),
        ["loss"] = new PickleBuilt(new PickleNew("torch.nn.modules.loss", "CrossEntropyLoss"), new Dictionary<string, object?>
        {
            ["_parameters"] = new PickleCall("collections", "OrderedDict"),
        }),
        ["factory"] = new PickleCall("collections", "defaultdict", new PickleName("builtins", "list")),
    });

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Checkpoint_of_Lightning_is_loaded(int protocol)
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(Small, 4);
        var tensors = Renamed(source, key => $"model.{key}");
        tensors["loss_fn.weight"] = ones(4);
        var (state, storages) = StateDict(tensors);
        var moment = state.Values.First();
        var root = new Dictionary<string, object?>
        {
            ["epoch"] = 3L,
            ["global_step"] = 300L,
            ["pytorch-lightning_version"] = "2.1.0",
            ["state_dict"] = state,
            ["loops"] = new Dictionary<string, object?> { ["fit_loop"] = new Dictionary<string, object?> { ["state_dict"] = null } },
            ["callbacks"] = new Dictionary<string, object?> { ["best"] = new Dictionary<string, object?> { ["score"] = moment } },
            ["optimizer_states"] = new List<object?> { new Dictionary<string, object?> { ["state"] = moment } },
            ["hparams_name"] = "kwargs",
            ["hyper_parameters"] = new PickleBuilt(
                new PickleNew(
                    "lightning_fabric.utilities.data", "AttributeDict", new() { ["lr"] = 0.1, ["settings"] = Settings, ["rng"] = moment }),
                new Dictionary<string, object?>()),
        };
        AssertLoads(source, Zip(root, storages, protocol));
        AssertLoads(source, Legacy(root, storages, protocol));
    }

    [Fact]
    public void Checkpoint_of_a_training_script_is_loaded_by_the_name_of_its_dictionary()
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(Small, 4);
        using var averaged = TestNetworks.BuildTrained(Small, 4);
        using (no_grad())
            averaged.Body.state_dict()["fc.bias"].add_(1);
        var tensors = Renamed(source, key => $"model/{key}");
        foreach (var (key, tensor) in Renamed(averaged, key => $"model_ema/module.{key}"))
            tensors[key] = tensor;
        tensors["model_ema/n_averaged"] = tensor(40L);
        var (flat, storages) = StateDict(tensors);
        var root = flat.GroupBy(entry => entry.Key.Split('/')[0]).ToDictionary(
            part => part.Key, part => (object?)part.ToDictionary(entry => entry.Key.Split('/')[1], entry => entry.Value));
        root["args"] = Settings;
        root["scaler"] = new Dictionary<string, object?> { ["scale"] = 65536.0 };
        using var file = new WeightsOnDisk(Zip(root, storages));

        using var network = Small.Build(4);
        Assert.Equal(
            $"'{file.Path}': expected one dictionary of tensors, or the name of the one to take (Dictionary, or WeightsDictionary of a "
                + "trainer's options), found 2 at 'model', 'model_ema'.",
            Assert.Throws<InvalidDataException>(() => NetworkWeights.Load(network, file.Path)).Message);
        NetworkWeights.Load(network, file.Path, "model_ema");
        Assert.Equal(Bytes(averaged), Bytes(network));
        using (var stream = File.OpenRead(file.Path))
            NetworkWeights.Load(network, stream, dictionary: "model");
        Assert.Equal(Bytes(source), Bytes(network));
    }

    [Fact]
    public void Module_beside_the_weights_is_passed_over_in_the_older_format_too()
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(Small, 4);
        var (state, storages) = StateDict(Renamed(source, key => key));
        var type = new PicklePersistent(
            new object?[] { "module", new PickleName("torch.nn.modules.loss", "MSELoss"), "loss.py", "class MSELoss(_Loss): ..." });
        var root = new Dictionary<string, object?> { ["state_dict"] = state, ["criterion"] = new PickleMade(type) };
        AssertLoads(source, Legacy(root, storages));
        Assert.Contains(
            "found an object of 'torch.nn.modules.loss.MSELoss', which takes a program to read",
            Assert.Throws<InvalidDataException>(() => WeightFile.Read(new MemoryStream(Legacy(new PickleMade(type), storages)))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Dictionary_is_named_beside_the_path_of_initial_weights_and_teachers()
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(Small, 4);
        var (plain, storages) = StateDict(Renamed(source, key => key));
        using var file = new WeightsOnDisk(
            Zip(new Dictionary<string, object?> { ["model"] = plain, ["model_ema"] = new Dictionary<string, object?>(plain) }, storages));
        var weights = new BackboneWeights(file.Path) { Dictionary = "model_ema" };
        using var network = Small.Build(7);
        weights.ApplyTo(network, ["a", "b", "c", "d", "e", "f", "g"]);
        Assert.Equal(Bytes(source)["conv1.weight"], Bytes(network)["conv1.weight"]);
        Assert.NotEqual(new BackboneWeights(file.Path).Fingerprint, weights.Fingerprint);
        Assert.Throws<InvalidDataException>(() => new BackboneWeights(file.Path).ApplyTo(network, ["a", "b", "c", "d", "e", "f", "g"]));

        var teacher = new WeightFileTeacher(Small, file.Path) { Normalization = ChannelStatistics.ImageNet };
        Assert.Throws<InvalidDataException>(() => teacher.Open(TeacherFixture.Context(4)));
        (teacher with { Dictionary = "model" }).Open(TeacherFixture.Context(4)).Dispose();
    }

    [Fact]
    public void Network_that_is_there_twice_is_chosen_by_name()
    {
        using var scope = NewDisposeScope();
        using var student = TestNetworks.BuildTrained(Small, 4);
        using var teacher = TestNetworks.BuildTrained(Small with { Depth = 14 }, 4);
        var tensors = Renamed(student, key => $"student.{key}");
        foreach (var (key, tensor) in Renamed(teacher, key => $"teacher.{key}"))
            tensors[key] = tensor;
        var (state, storages) = StateDict(tensors);
        // The larger one has all keys of the smaller, and more.
        AssertLoads(student, Zip(new Dictionary<string, object?> { ["state_dict"] = state }, storages));
        AssertLoads(teacher, Zip(new Dictionary<string, object?> { ["state_dict"] = state }, storages));

        foreach (var (key, value) in Renamed(student, key => $"average.{key}"))
            tensors[key] = value + 1;
        (state, storages) = StateDict(tensors);
        using var file = new WeightsOnDisk(Zip(new Dictionary<string, object?> { ["state_dict"] = state }, storages));
        using var network = Small.Build(4);
        Assert.Equal(
            $"'{file.Path}' has the network under 'student.' and 'average.'; expected it once, or the name of the one to take behind that "
                + "of the dictionary (Dictionary, or WeightsDictionary of a trainer's options).",
            Assert.Throws<InvalidDataException>(() => NetworkWeights.Load(network, file.Path)).Message);
        NetworkWeights.Load(network, file.Path, "state_dict/student");
        Assert.Equal(Bytes(student), Bytes(network));
        using var safe = new WeightsOnDisk(tensors);
        using var other = Small.Build(4);
        NetworkWeights.Load(other, safe.Path, "student");
        Assert.Equal(Bytes(student), Bytes(other));
    }

    [Theory]
    [InlineData(8, 4, 10, "all fits but the head, which is for 10 classes, not 4", 2)]
    [InlineData(8, 8, 4, "of 47 tensors 0 are missing and 46 different, and 0 are unexpected; these are weights of a network of another "
        + "width, or of other images", 46)]
    [InlineData(14, 4, 4, "of 47 tensors 0 are missing and 0 different, and 36 are unexpected; these are weights of a larger network", 36)]
    public void The_first_line_says_what_kind_of_difference_it_is(int depth, int width, int classes, string kind, int count)
    {
        using var scope = NewDisposeScope();
        using var source = new CifarResNet { Depth = depth, Width = width }.Build(classes);
        using var network = Small.Build(4);
        // Behind a prefix as without.
        foreach (var prefix in new[] { "", "model." })
        {
            var message = Assert.Throws<InvalidDataException>(
                () => NetworkWeights.Apply(network, Renamed(source, key => prefix + key), "weights")).Message.Split('\n');
            Assert.Equal($"weights does not fit {Small} with 4 classes: {kind}:", message[0]);
            Assert.Equal(Math.Min(count, 20), message.Skip(1).Count(line => !line.StartsWith("...", StringComparison.Ordinal)));
            Assert.Equal(count > 20 ? $"... and {count - 20} more" : message[^1], message[^1]);
        }
    }

    [Fact]
    public void Weights_of_another_network_are_said_to_be()
    {
        using var scope = NewDisposeScope();
        using var source = new SmallCnn().Build(4);
        using var network = new CifarResNet { Depth = 20 }.Build(4);
        var message = Assert.Throws<InvalidDataException>(() =>
            NetworkWeights.Apply(network, source.Body.state_dict(), "weights")).Message;
        Assert.Contains("; these are weights of another network, or under other names:\n", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 500, 2500);
        using var headless = new SmallCnn().Build(4);
        var head = NetworkHead.Find(headless);
        var backbone = source.Body.state_dict().Where(entry => !head.Keys().Contains(entry.Key)).ToDictionary();
        Assert.Contains(
            $"with 4 classes: all is there but the head '{head.Path}':\nmissing: ",
            Assert.Throws<InvalidDataException>(() => NetworkWeights.Apply(headless, backbone, "weights")).Message,
            StringComparison.Ordinal);
    }

    private static Dictionary<string, Tensor> Renamed(ImageNetwork network, Func<string, string> name) =>
        network.Body.state_dict().ToDictionary(entry => name(entry.Key), entry => entry.Value.detach());

    private static void AssertLoads(ImageNetwork source, byte[] content)
    {
        using var network = source.Architecture.Build(source.ClassCount);
        NetworkWeights.Load(network, new MemoryStream(content));
        Assert.Equal(Bytes(source), Bytes(network));
    }

    private static Dictionary<string, byte[]> Bytes(ImageNetwork network) =>
        network.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());
}
