using System.Text;
using FsCheck.Xunit;
using TorchSharp;
using static TfKd.Tests.TorchSamples;
using static TorchSharp.torch;

namespace TfKd.Tests;

public sealed class WeightFileTests
{
    private static readonly Dictionary<string, SampleStorage> Six = new()
    {
        ["0"] = new(
        ScalarType.Float32, [.. Enumerable.Range(0, 6).SelectMany(i => BitConverter.GetBytes((float)i))])
    };

    [Property]
    public bool Tensors_of_every_type_are_read_as_they_were_saved(int seed)
    {
        using var scope = NewDisposeScope();
        var random = new Random(seed);
        var tensors = SafeTensorsSamples.RandomTensors(random);
        var (root, storages) = StateDict(tensors);
        return new[] { 2, 3, 4, 5 }.All(protocol =>
            SafeTensorsSamples.AreEqual(tensors, Read(Zip(root, storages, protocol, random.Next(2) == 0 ? "little" : null)))
            && SafeTensorsSamples.AreEqual(tensors, Read(Legacy(root, storages, protocol))));
    }

    [Theory]
    [InlineData(WrittenByPyTorch.Legacy)]
    [InlineData(WrittenByPyTorch.Zip)]
    public void File_that_PyTorch_wrote_is_read(string base64)
    {
        using var scope = NewDisposeScope();
        var tensors = Read(Convert.FromBase64String(base64));
        Assert.Equal(
            ["module.a.row", "module.a.t", "module.a.weight", "module.b.bias", "module.b.half", "module.b.steps"],
            tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([2L, 3], tensors["module.a.weight"].shape);
        Assert.Equal([0f, 1, 2, 3, 4, 5], tensors["module.a.weight"].data<float>().ToArray());
        Assert.Equal([3L, 2], tensors["module.a.t"].shape);
        Assert.Equal([0f, 3, 1, 4, 2, 5], tensors["module.a.t"].contiguous().data<float>().ToArray());
        Assert.Equal([4f, 5], tensors["module.a.row"].data<float>().ToArray());
        Assert.Equal([(Half)0.5, (Half)(-2)], tensors["module.b.half"].data<Half>().ToArray());
        Assert.Empty(tensors["module.b.steps"].shape);
        Assert.Equal(7, tensors["module.b.steps"].item<long>());
        Assert.Equal([1.5f], tensors["module.b.bias"].data<float>().ToArray());
        // Views of one tensor stay views of one tensor.
        tensors["module.a.weight"][1, 2] = -1;
        Assert.Equal(-1, tensors["module.a.row"][1].item<float>());
        Assert.Equal(-1, tensors["module.a.t"][2, 1].item<float>());
    }

    [Fact]
    public void Format_is_told_by_the_content()
    {
        using var scope = NewDisposeScope();
        var tensors = SafeTensorsSamples.RandomTensors(new Random(3));
        var (root, storages) = StateDict(tensors);
        foreach (var content in new[] { SafeTensorsSamples.ToBytes(tensors), Zip(root, storages), Legacy(root, storages) })
            foreach (var name in new[] { "weights.safetensors", "weights.pth", "weights" })
            {
                using var file = new WeightsOnDisk(content, name);
                Assert.True(SafeTensorsSamples.AreEqual(tensors, WeightFile.Read(file.Path)));
            }
    }

    [Theory]
    [InlineData("", "expected a weight file, found nothing in it.")]
    [InlineData("<!DOCTYPE html>", "expected a weight file, .safetensors, .onnx or what PyTorch's save wrote, found one that begins with the "
        + "bytes 3c21444f4354595045.")]
    [InlineData("PK", "expected a weight file, .safetensors, .onnx or what PyTorch's save wrote, found one that begins with the bytes 504b.")]
    public void Other_content_is_refused(string content, string message)
    {
        Assert.Equal($"stream: {message}", Assert.Throws<InvalidDataException>(() => Read(Encoding.ASCII.GetBytes(content))).Message);
        using var file = new WeightsOnDisk(Encoding.ASCII.GetBytes(content));
        Assert.Equal(
            $"'{file.Path}': {message}", Assert.Throws<InvalidDataException>(() => NetworkWeights.ReadNormalization(file.Path)).Message);
    }

    [Fact]
    public void Stream_is_read_from_its_position_and_need_not_seek()
    {
        using var scope = NewDisposeScope();
        var tensors = SafeTensorsSamples.RandomTensors(new Random(4));
        var (root, storages) = StateDict(tensors);
        foreach (var content in new[] { SafeTensorsSamples.ToBytes(tensors), Zip(root, storages), Legacy(root, storages) })
        {
            using var behind = new MemoryStream([7, 7, 7, .. content]) { Position = 3 };
            Assert.True(SafeTensorsSamples.AreEqual(tensors, WeightFile.Read(behind)));
            using var zipped = new MemoryStream();
            using (var deflate = new System.IO.Compression.DeflateStream(
                zipped, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
                deflate.Write(content);
            zipped.Position = 0;
            using var pipe = new System.IO.Compression.DeflateStream(zipped, System.IO.Compression.CompressionMode.Decompress);
            Assert.True(SafeTensorsSamples.AreEqual(tensors, WeightFile.Read(pipe)));
        }
    }

    [Fact]
    public void State_dict_is_found_under_any_name_beside_other_things()
    {
        using var scope = NewDisposeScope();
        var weight = Tensor(Storage("0", ScalarType.Float32, 6), 0, [2, 3], [3, 1]);
        var state = new Dictionary<string, object?> { ["layer.weight"] = weight };
        var root = new Dictionary<string, object?>
        {
            ["epoch"] = 3L,
            ["loss"] = 0.5,
            ["history"] = new List<object?> { 1.5, null, true },
            ["rng"] = weight,
            ["anything"] = new Dictionary<string, object?>
            {
                ["model"] = new PickleBuilt(
                state, new Dictionary<string, object?> { ["_metadata"] = -1L })
            },
        };
        foreach (var content in new[] { Zip(root, Six), Legacy(root, Six) })
            Assert.Equal([0f, 1, 2, 3, 4, 5], Read(content)["layer.weight"].data<float>().ToArray());
        // Without dots any names will do.
        Assert.Equal(["rng"], Read(Zip(new Dictionary<string, object?> { ["epoch"] = 3L, ["rng"] = weight }, Six)).Keys);
    }

    [Fact]
    public void One_of_several_state_dicts_is_chosen_by_name()
    {
        using var scope = NewDisposeScope();
        Dictionary<string, object?> State(
            long offset) => new() { ["layer.weight"] = Tensor(Storage("0", ScalarType.Float32, 6), offset, [1], [1]) };
        var root = new Dictionary<string, object?>
        {
            ["outer.weight"] = State(3)["layer.weight"],
            ["model"] = State(1),
            ["ema"] = new Dictionary<string, object?> { ["model"] = State(2) },
        };
        var content = Zip(root, Six);
        Assert.Equal(
            "stream: expected one dictionary of tensors, or the name of the one to take (Dictionary, or WeightsDictionary of a trainer's "
                + "options), found 3 at '', 'model', 'ema/model'.",
            Assert.Throws<InvalidDataException>(() => Read(content)).Message);
        Assert.Equal(1, WeightFile.Read(new MemoryStream(content), dictionary: "model")["layer.weight"].item<float>());
        Assert.Equal(2, WeightFile.Read(new MemoryStream(content), dictionary: "ema/model")["layer.weight"].item<float>());
        Assert.Equal(3, WeightFile.Read(new MemoryStream(content), dictionary: "")["outer.weight"].item<float>());
        Assert.Equal(
            "stream: expected a dictionary of tensors at 'ema', found some at '', 'model', 'ema/model'.",
            Assert.Throws<InvalidDataException>(() => WeightFile.Read(new MemoryStream(content), dictionary: "ema")).Message);
        var safetensors = SafeTensorsSamples.ToBytes(new Dictionary<string, Tensor> { ["a"] = ones(1) });
        Assert.Single(WeightFile.Read(new MemoryStream(safetensors), dictionary: ""));
        Assert.Throws<InvalidDataException>(() => WeightFile.Read(new MemoryStream(safetensors), dictionary: "model"));
    }

    [Fact]
    public void Files_of_old_versions_are_read()
    {
        using var scope = NewDisposeScope();
        // Python 2: pairs in a list, texts of bytes. Before PyTorch 0.4: parts of storages, and the first function that rebuilt tensors.
        var part = Storage("0", ScalarType.Float32, 6, [new object?[] { "9", 2L, 3L }]);
        var old = new PickleCall("torch._utils", "_rebuild_tensor", part, 1L, new object?[] { 2L }, new object?[] { 1L });
        var whole = Tensor(Storage("0", ScalarType.Float32, 6, [null]), 0, [6], [1]);
        var root = new PickleCall(
            "collections", "OrderedDict", new List<object?>
            {
                new List<object?> { new PickleOldText("a.old"), old },
                new object?[] { new PickleOldText("a.whole"), whole },
            });
        var tensors = Read(Legacy(root, Six));
        Assert.Equal([3f, 4], tensors["a.old"].data<float>().ToArray());
        Assert.Equal(6, tensors["a.whole"].numel());
    }

    [Fact]
    public void Values_beside_tensors_are_understood()
    {
        object? Read(object? value) => new PickleReader(new MemoryStream(PickleWriter.Write(value, 4)), id => id).Read();
        PickleCall Number(
            string type,
            object bytes) =>
                new("numpy.core.multiarray", "scalar", new PickleBuilt(
                    new PickleCall("numpy", "dtype", type, false, true), new object?[] { 3L, "<" }), bytes);
        Assert.Equal(91.5, Read(Number("f8", BitConverter.GetBytes(91.5))));
        Assert.Equal(-2L, Read(Number("i4", new PickleCall("_codecs", "encode", "\u00fe\u00ff\u00ff\u00ff", "latin1"))));
        Assert.Equal(true, Read(Number("b1", new PickleOldText("\u0001"))));
        Assert.Equal(System.Numerics.BigInteger.Pow(2, 70), Read(System.Numerics.BigInteger.Pow(2, 70)));
        Assert.Equal(-1L - uint.MaxValue, Read(-1L - uint.MaxValue));
        Assert.Equal("cuda:0", Read(new PickleCall("torch", "device", "cuda:0")));
        Assert.Equal([2L, 3L], Assert.IsType<object?[]>(Read(new PickleCall("torch", "Size", new object?[] { new object?[] { 2L, 3L } }))));
        Assert.Equal("torch.float16", Assert.IsType<PickleGlobal>(Read(new PickleName("torch", "float16"))).Name);
        Assert.Single(
            Assert.IsType<PickleDictionary>(Read(new PickleCall(
                "collections", "Counter", new Dictionary<string, object?> { ["a"] = 1L }))).Items);
    }

    [Fact]
    public void Read_returns_the_callers_tensors_and_nothing_else_stays()
    {
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            var (root, storages) = StateDict(new Dictionary<string, Tensor> { ["a"] = ones(3), ["b"] = ones(2) });
            var made = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            foreach (var content in new[] { Zip(root, storages), Legacy(root, storages) })
            {
                var tensors = Read(content);
                Assert.Equal(made + 2, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
                foreach (var tensor in tensors.Values)
                    tensor.Dispose();
            }
            storages["1"] = storages["1"] with { Values = [] };
            Assert.Throws<InvalidDataException>(() => Read(Zip(root, storages)));
            Assert.Throws<InvalidDataException>(() => Read(Legacy(root, storages)));
            Assert.Equal(made, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static Dictionary<string, Tensor> Read(byte[] content) => WeightFile.Read(new MemoryStream(content));
}
