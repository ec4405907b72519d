using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class NetworkWeightsTests
{
    [Fact]
    public void Saved_and_loaded_network_gives_the_same_logits()
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(new CifarResNet { Depth = 8 }, 4);
        source.train();
        var images = TestNetworks.Pixels(4, source.Architecture.InputShape);
        source.call(images);
        source.eval();
        using var target = source.Architecture.Build(4);
        target.Normalization.Set(source.Normalization.Statistics);
        target.eval();

        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Combine(folder.FullName, "weights.safetensors");
            NetworkWeights.Save(source, path);
            Assert.Contains(
                SafeTensors.ReadHeader(path).Tensors,
                tensor => tensor is { Name: "bn1.num_batches_tracked", Type: ScalarType.Int64, Shape: [] });
            NetworkWeights.Load(target, path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        using var noGrad = no_grad();
        Assert.Equal(source.call(images).data<float>().ToArray(), target.call(images).data<float>().ToArray());
        Assert.Equal(1, target.Body.state_dict()["bn1.num_batches_tracked"].item<long>());
        Assert.All(target.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Theory]
    [MemberData(nameof(TestNetworks.Indices), MemberType = typeof(TestNetworks))]
    public void Every_network_comes_back_from_its_weights(int index)
    {
        using var scope = NewDisposeScope();
        using var source = TestNetworks.BuildTrained(TestNetworks.All[index], 4);
        random.manual_seed(8);
        using var target = source.Architecture.Build(4);
        using var stream = new MemoryStream();

        NetworkWeights.Save(source, stream);
        stream.Position = 0;
        NetworkWeights.Load(target, stream);

        var (expected, actual) = (source.Body.state_dict(), target.Body.state_dict());
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.All(expected, entry => Assert.True(entry.Value.equal(actual[entry.Key]).all().item<bool>(), entry.Key));
    }

    [Fact]
    public void Differences_are_listed_and_the_network_is_unchanged()
    {
        using var scope = NewDisposeScope();
        using var network = new CifarResNet { Depth = 8 }.Build(4);
        const string Kind = "of 47 tensors 2 are missing and 2 different, and 1 are unexpected";
        var before = Snapshot(network);
        var weights = network.Body.state_dict().ToDictionary(entry => entry.Key, entry => zeros_like(entry.Value));
        weights.Remove("conv1.weight");
        weights.Remove("layer3.0.downsample.0.weight");
        weights["fc.weight"] = zeros(10, 64);
        weights["fc.bias"] = zeros(4, ScalarType.Int64);
        weights["head.bias"] = zeros(10, ScalarType.BFloat16);
        var error = Assert.Throws<InvalidDataException>(() => NetworkWeights.Apply(network, weights, "'w.safetensors'"));
        Assert.Equal(
            $"""
            'w.safetensors' does not fit {network.Architecture} with 4 classes: {Kind}:
            missing: conv1.weight Float32 [16,3,3,3]
            different: fc.bias: expected Float32 [4], found Int64 [4]
            different: fc.weight: expected Float32 [4,64], found Float32 [10,64]
            missing: layer3.0.downsample.0.weight Float32 [64,32,1,1]
            unexpected: head.bias BFloat16 [10]
            """,
            error.Message);
        Assert.Equal(before, Snapshot(network));
    }

    [Fact]
    public void Step_counters_may_be_absent_and_half_precision_is_widened()
    {
        using var scope = NewDisposeScope();
        using var network = new SmallCnn().Build(3);
        network.train();
        network.call(TestNetworks.Pixels(2, network.Architecture.InputShape));
        var weights = network.Body.state_dict()
            .Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key, entry => entry.Value.detach().to(ScalarType.Float16));
        using var target = new SmallCnn().Build(3);
        target.train();
        target.call(TestNetworks.Pixels(2, network.Architecture.InputShape));
        NetworkWeights.Apply(target, weights, "old weights");
        foreach (var (key, tensor) in target.Body.state_dict())
            if (weights.TryGetValue(key, out var value))
                Assert.True(tensor.dtype == ScalarType.Float32 && tensor.detach().eq(value.to(ScalarType.Float32)).all().item<bool>(), key);
            else
                Assert.Equal(0, tensor.item<long>());
    }

    [Theory]
    [InlineData("features.1.running_var", double.NaN, "1 of 16 values not finite in Float32, the first is NaN")]
    [InlineData("features.0.weight", double.PositiveInfinity, "1 of 432 values not finite in Float32, the first is Infinity")]
    [InlineData("features.0.weight", 1e300, "1 of 432 values not finite in Float32, the first is Infinity")]
    [InlineData("features.1.running_mean", double.NegativeInfinity, "1 of 16 values not finite in Float32, the first is -Infinity")]
    [InlineData("features.1.running_var", -0.5, "1 of 16 variances below 0, the first is -0.5")]
    public void Values_that_no_network_has_are_refused_by_file_and_key(string key, double value, string message)
    {
        using var scope = NewDisposeScope();
        using var source = new SmallCnn().Build(3);
        var weights = source.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone());
        weights[key] = weights[key].to(ScalarType.Float64);
        weights[key].view(-1)[5] = value;
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        using var network = new SmallCnn().Build(3);
        var before = Snapshot(network);
        try
        {
            SafeTensors.Write(path, weights);
            var expected = $"'{path}' cannot be used: expected finite values, and variances from 0, found others:\n{key}: {message}";
            Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => NetworkWeights.Load(network, path)).Message);
            Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => NetworkWeights.LoadBackbone(network, path)).Message);
            var teacher = new WeightFileTeacher(new SmallCnn(), path) { Normalization = new([0.5, 0.5, 0.5], [0.2, 0.2, 0.2]) };
            Assert.Equal(expected, Assert.Throws<InvalidDataException>(() => teacher.Open(TeacherFixture.Context(3))).Message);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Equal(before, Snapshot(network));
    }

    [Fact]
    public void A_head_that_is_passed_over_may_have_any_values()
    {
        using var scope = NewDisposeScope();
        using var source = new SmallCnn().Build(3);
        var weights = source.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone());
        var head = NetworkHead.Find(source).Keys()[0];
        weights[head] = full_like(weights[head], float.NaN);
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        using var network = new SmallCnn().Build(5);
        try
        {
            SafeTensors.Write(path, weights);
            NetworkWeights.LoadBackbone(network, path);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.All(network.Body.state_dict().Values, tensor => Assert.True(tensor.isfinite().all().item<bool>()));
    }

    [Fact]
    public void Stream_is_named_in_messages()
    {
        using var network = new SmallCnn().Build(3);
        using var stream = new MemoryStream();
        NetworkWeights.Save(network, stream);
        stream.SetLength(stream.Length - 4);
        stream.Position = 0;
        var error = Assert.Throws<InvalidDataException>(() => NetworkWeights.Load(network, stream, "entry 'weights'"));
        Assert.StartsWith("entry 'weights': expected tensor 'features.8.weight': values up to ", error.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, byte[]> Snapshot(ImageNetwork network) =>
        network.Body.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.bytes.ToArray());
}
