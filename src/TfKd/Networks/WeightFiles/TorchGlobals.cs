using static TorchSharp.torch;

namespace TfKd;

/// <summary>
/// The names that the pickles of state dicts use, and what each stands for. There is no other way from a name in a file to code: any other
/// stands for an object that is passed over.
/// </summary>
internal static class TorchGlobals
{
    private const string RebuildTensor = "torch._utils._rebuild_tensor";
    private const string RebuildTensorV2 = "torch._utils._rebuild_tensor_v2";
    private const string RebuildParameter = "torch._utils._rebuild_parameter";
    private const string RebuildParameterWithState = "torch._utils._rebuild_parameter_with_state";
    private const string RebuildFromType = "torch._tensor._rebuild_from_type_v2";

    private static readonly (string Name, ScalarType Type)[] StorageTypes =
    [
        ("torch.DoubleStorage", ScalarType.Float64), ("torch.FloatStorage", ScalarType.Float32), ("torch.HalfStorage", ScalarType.Float16),
        ("torch.BFloat16Storage", ScalarType.BFloat16), ("torch.LongStorage", ScalarType.Int64), ("torch.IntStorage", ScalarType.Int32),
        ("torch.ShortStorage", ScalarType.Int16), ("torch.CharStorage", ScalarType.Int8), ("torch.ByteStorage", ScalarType.Byte),
            ("torch.BoolStorage", ScalarType.Bool),
    ];

    // A checkpoint's settings may name a type of elements.
    private static readonly string[] ElementTypes =
    [
        "torch.float64", "torch.float32", "torch.float16", "torch.bfloat16", "torch.int64", "torch.int32", "torch.int16", "torch.int8",
            "torch.uint8", "torch.bool",
    ];

    // No data are made of these, and attacks are. Nothing would be run if they were missing here: who has such a file should know.
    private static readonly string[] HostileModules =
    [
        "os", "posix", "nt", "sys", "subprocess", "pty", "shutil", "socket", "runpy", "importlib", "ctypes", "webbrowser", "marshal",
        "pickle", "_pickle", "cPickle",
    ];

    private static readonly string[] HostileFunctions =
        ["eval", "exec", "execfile", "compile", "open", "__import__", "input", "breakpoint", "apply", "setattr", "delattr"];

    private static readonly Dictionary<string, PickleGlobal> All = new PickleGlobal[]
    {
        new("collections.OrderedDict", Dictionary),
        new("collections.defaultdict", _ => new PickleDictionary()),
        // The milestones of a learning rate schedule.
        new("collections.Counter", Count),
        new(RebuildTensor, Tensor),
        new(RebuildTensorV2, Tensor),
        new(RebuildParameter,
            arguments => arguments is [StoredTensor tensor, _, _] ? tensor : throw PickleGlobal.Unfit(RebuildParameter, arguments)),
        new(
            RebuildParameterWithState, arguments => arguments is [StoredTensor tensor, _, _, _]
                ? tensor
                : throw PickleGlobal.Unfit(RebuildParameterWithState, arguments)),
        new(RebuildFromType, TensorWithAttributes),
        new("torch.nn.parameter.Parameter"),
        new("torch.Tensor"),
        new("torch.Size", arguments => arguments is [object?[] sizes] ? sizes : throw PickleGlobal.Unfit("torch.Size", arguments)),
        new("torch.device", arguments => arguments is [string device, ..] ? device : throw PickleGlobal.Unfit("torch.device", arguments)),
        // Numbers that numpy computed, such as a best accuracy.
        new("numpy.dtype", NumpyType.Of),
        new("numpy.core.multiarray.scalar", NumpyType.Scalar),
        new("numpy._core.multiarray.scalar", NumpyType.Scalar),
        new("_codecs.encode",
            arguments => arguments is [string characters, "latin1"] ? characters : throw PickleGlobal.Unfit("_codecs.encode", arguments)),
    }
        .Concat(StorageTypes.Select(storage => new PickleGlobal(storage.Name)))
        .Concat(ElementTypes.Select(type => new PickleGlobal(type)))
        .ToDictionary(global => global.Name, StringComparer.Ordinal);

    /// <summary>What a name stands for; one that is not known for a type whose objects are passed over.</summary>
    /// <exception cref="InvalidDataException">The name is one that no data need.</exception>
    public static PickleGlobal Find(string module, string name) => All.GetValueOrDefault($"{module}.{name}") ?? (IsHostile(module, name)
        ? throw new InvalidDataException(
            $"{PickleValue.Quote($"{module}.{name}")} is not allowed in a weight file, which holds tensors, numbers, texts, lists and "
                + "dictionaries, and no calls of programs; nothing of it was run. Do not load this file elsewhere.")
        : PickleGlobal.Foreign($"{module}.{name}"));

    /// <summary>The type of a storage's elements; null where the name is none of a storage.</summary>
    public static ScalarType? StorageType(PickleGlobal global) =>
        Array.Find(StorageTypes, storage => storage.Name == global.Name) is { Name: not null } found ? found.Type : null;

    private static bool IsHostile(string module, string name) =>
        HostileModules.Contains(module.Split('.')[0]) || (module is "torch" or "torch.hub" && name is "load")
        || (module is "builtins" or "__builtin__" && HostileFunctions.Contains(name));

    private static PickleDictionary Dictionary(object?[] arguments)
    {
        var dictionary = new PickleDictionary();
        if (arguments.Length == 0)
            return dictionary;
        // As Python 2 wrote it.
        if (arguments is not [List<object?> items])
            throw PickleGlobal.Unfit("collections.OrderedDict", arguments);
        foreach (var item in items)
            dictionary.Items.Add(item switch
            {
                List<object?> and [var key, var value] => new(key, value),
                object?[] and [var key, var value] => new(key, value),
                _ => throw PickleValue.Invalid("a key and a value", PickleValue.Describe(item)),
            });
        return dictionary;
    }

    private static PickleDictionary Count(object?[] arguments) => arguments switch
    {
        [] => new PickleDictionary(),
        [PickleDictionary counts] => counts,
        _ => throw PickleGlobal.Unfit("collections.Counter", arguments),
    };

    private static StoredTensor Tensor(object?[] arguments) =>
        arguments is [TorchStorageView storage, long offset, object?[] shape, object?[] strides, ..]
            ? StoredTensor.Create(storage, offset, shape, strides)
            : throw PickleGlobal.Unfit(RebuildTensorV2, arguments);

    /// <summary>A tensor to which a Python program tied attributes, or that is of a type of its own; both are dropped.</summary>
    private static object? TensorWithAttributes(object?[] arguments) =>
        arguments is [PickleGlobal { Name: RebuildTensorV2 or RebuildParameter } function, PickleGlobal, object?[] inner, ..]
            ? function.Invoke(inner)
            : throw PickleGlobal.Unfit(RebuildFromType, arguments);
}
