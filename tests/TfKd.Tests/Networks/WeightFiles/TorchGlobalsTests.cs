using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>The names that a pickle may use: what stands for them, and which are refused.</summary>
public sealed class TorchGlobalsTests
{
    [Theory]
    [InlineData("os", "system")]
    [InlineData("os.path", "join")]
    [InlineData("posix", "system")]
    [InlineData("nt", "system")]
    [InlineData("sys", "exit")]
    [InlineData("subprocess", "Popen")]
    [InlineData("pty", "spawn")]
    [InlineData("shutil", "rmtree")]
    [InlineData("socket", "socket")]
    [InlineData("runpy", "run_path")]
    [InlineData("importlib", "import_module")]
    [InlineData("ctypes", "CDLL")]
    [InlineData("webbrowser", "open")]
    [InlineData("marshal", "loads")]
    [InlineData("pickle", "loads")]
    [InlineData("_pickle", "loads")]
    [InlineData("cPickle", "loads")]
    [InlineData("torch", "load")]
    [InlineData("torch.hub", "load")]
    [InlineData("builtins", "eval")]
    [InlineData("builtins", "exec")]
    [InlineData("builtins", "compile")]
    [InlineData("builtins", "open")]
    [InlineData("builtins", "__import__")]
    [InlineData("builtins", "input")]
    [InlineData("builtins", "breakpoint")]
    [InlineData("builtins", "setattr")]
    [InlineData("builtins", "delattr")]
    [InlineData("__builtin__", "eval")]
    [InlineData("__builtin__", "execfile")]
    [InlineData("__builtin__", "apply")]
    public void A_name_that_no_data_need_is_refused(string module, string name) => Assert.StartsWith(
        $"'{module}.{name}' is not allowed in a weight file",
        Assert.Throws<InvalidDataException>(() => TorchGlobals.Find(module, name)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("osx", "system")]
    [InlineData("models.os", "system")]
    [InlineData("torch.nn", "load")]
    [InlineData("torch.hub", "loaded")]
    [InlineData("builtins", "set")]
    [InlineData("mine", "eval")]
    public void Another_name_stands_for_an_object_that_is_passed_over(string module, string name) =>
        Assert.Equal(new PickleForeign($"{module}.{name}"), TorchGlobals.Find(module, name).Invoke([]));

    [Theory]
    [InlineData("DoubleStorage", ScalarType.Float64)]
    [InlineData("FloatStorage", ScalarType.Float32)]
    [InlineData("HalfStorage", ScalarType.Float16)]
    [InlineData("BFloat16Storage", ScalarType.BFloat16)]
    [InlineData("LongStorage", ScalarType.Int64)]
    [InlineData("IntStorage", ScalarType.Int32)]
    [InlineData("ShortStorage", ScalarType.Int16)]
    [InlineData("CharStorage", ScalarType.Int8)]
    [InlineData("ByteStorage", ScalarType.Byte)]
    [InlineData("BoolStorage", ScalarType.Bool)]
    [InlineData("ComplexFloatStorage", null)]
    public void A_storage_has_the_type_of_its_name(string name, ScalarType? type) =>
        Assert.Equal(type, TorchGlobals.StorageType(TorchGlobals.Find("torch", name)));

    [Theory]
    [InlineData("float64")]
    [InlineData("float32")]
    [InlineData("float16")]
    [InlineData("bfloat16")]
    [InlineData("int64")]
    [InlineData("int32")]
    [InlineData("int16")]
    [InlineData("int8")]
    [InlineData("uint8")]
    [InlineData("bool")]
    [InlineData("Tensor")]
    [InlineData("nn.parameter.Parameter")]
    public void A_type_is_a_mere_name(string name)
    {
        var dot = name.LastIndexOf('.');
        var global = TorchGlobals.Find(dot < 0 ? "torch" : $"torch.{name[..dot]}", name[(dot + 1)..]);
        Assert.Equal(new PickleGlobal($"torch.{name}"), global);
        Assert.Equal(
            $"expected a name to call, found torch.{name}.", Assert.Throws<InvalidDataException>(() => global.Invoke([])).Message);
    }

    [Fact]
    public void What_holds_things_holds_them()
    {
        Assert.Empty(((PickleDictionary)Call("collections", "OrderedDict")!).Items);
        var ordered = (PickleDictionary)Call(
            "collections", "OrderedDict", new List<object?> { new List<object?> { "a", 1L }, new object?[] { "b", 2L } })!;
        Assert.Equal([new("a", 1L), new("b", 2L)], ordered.Items);
        Assert.Empty(((PickleDictionary)Call("collections", "defaultdict", "anything")!).Items);
        Assert.Empty(((PickleDictionary)Call("collections", "Counter")!).Items);
        Assert.Same(ordered, Call("collections", "Counter", ordered));
        Assert.Equal(new object?[] { 1L, 2L }, Call("torch", "Size", new object?[] { new object?[] { 1L, 2L } }));
        Assert.Equal("cuda", Call("torch", "device", "cuda", 0L));
        Assert.Equal("text", Call("_codecs", "encode", "text", "latin1"));
    }

    [Theory]
    [InlineData("collections", "OrderedDict")]
    [InlineData("collections", "Counter")]
    [InlineData("torch", "Size")]
    [InlineData("torch", "device")]
    [InlineData("_codecs", "encode")]
    [InlineData("torch._utils", "_rebuild_parameter")]
    [InlineData("torch._utils", "_rebuild_parameter_with_state")]
    [InlineData("torch._utils", "_rebuild_tensor")]
    [InlineData("torch._utils", "_rebuild_tensor_v2")]
    [InlineData("torch._tensor", "_rebuild_from_type_v2")]
    [InlineData("numpy.core.multiarray", "scalar")]
    [InlineData("numpy._core.multiarray", "scalar")]
    public void Arguments_of_another_kind_are_refused_by_name(string module, string name) => Assert.Matches(
        $"expected arguments of (numpy.core.multiarray.scalar|{module}.{name}|torch._utils._rebuild_tensor(_v2)?), found the number 7",
        Assert.Throws<InvalidDataException>(() => Call(module, name, 7L)).Message);

    [Fact]
    public void An_item_of_a_dictionary_is_a_key_and_a_value() => Assert.Equal(
        "expected a key and a value, found a tuple of 1.",
        Assert.Throws<InvalidDataException>(
            () => Call("collections", "OrderedDict", new List<object?> { new object?[] { "a" } })).Message);

    private static object? Call(string module, string name, params object?[] arguments) =>
        TorchGlobals.Find(module, name).Invoke(arguments);
}
