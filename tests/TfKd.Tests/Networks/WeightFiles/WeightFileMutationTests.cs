using System.Buffers.Binary;
using TorchSharp;
using static TfKd.Tests.TorchSamples;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Damaged and hostile weight files, ten thousand from one seed: each is read or refused as what it is.</summary>
public sealed class WeightFileMutationTests
{
    private const int FileCount = 10_000;
    private const long MaxAllocatedBytes = 5_000_000;

    private static readonly string Sentinel = Path.Combine(Path.GetTempPath(), "tfkd-a-weight-file-ran");

    private static readonly (string Module, string Name)[] HostileNames =
    [
        ("posix", "system"), ("nt", "system"), ("os", "system"), ("builtins", "eval"), ("builtins", "exec"), ("__builtin__", "eval"), ("builtins", "getattr"), ("subprocess", "Popen"),
        ("torch", "load"), ("torch.storage", "_load_from_bytes"), ("torch.hub", "load"), ("collections", "defaultdict"), ("System", "Activator"), ("numpy.core.multiarray", "_reconstruct"),
        ("torch._utils", "_rebuild_tensor_v2.__globals__"), ("torch", "_utils._rebuild_tensor_v2"),
    ];

    private static readonly long[] Lies = [-1, 0, 1, 2, 255, 256, int.MaxValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue];

    [Fact]
    public void Mutated_file_is_read_or_refused_within_bounded_memory()
    {
        File.Delete(Sentinel);
        var random = new Random(20240915);
        var outcomes = new Dictionary<string, int>();
        for (var i = 0; i < FileCount; i++)
        {
            using var scope = NewDisposeScope();
            var (kind, content) = Make(random, i);
            var before = GC.GetAllocatedBytesForCurrentThread();
            string outcome;
            try
            {
                var tensors = WeightFile.Read(new MemoryStream(content));
                Assert.All(tensors, entry =>
                    Assert.InRange(entry.Value.numel() * SafeTensorType.SizeOf(entry.Value.dtype), 0, content.Length));
                outcome = "read";
            }
            catch (InvalidDataException error)
            {
                Assert.StartsWith("stream: ", error.Message, StringComparison.Ordinal);
                Assert.InRange(error.Message.Length, "stream: ".Length + 10, 2000);
                outcome = "refused";
            }
            catch (Exception error) when (error is not Xunit.Sdk.IAssertionException)
            {
                throw new InvalidOperationException(
                    $"File {i} ({kind}) is neither read nor refused: {Convert.ToBase64String(content)}", error);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
            outcomes[$"{kind} {outcome}"] = outcomes.GetValueOrDefault($"{kind} {outcome}") + 1;
        }
        Assert.False(File.Exists(Sentinel));
        // Neither side of the property may be empty, in any format.
        foreach (var kind in new[] { "safetensors", "zip", "legacy" })
            Assert.All(new[] { "read", "refused" }, outcome =>
                Assert.InRange(outcomes.GetValueOrDefault($"{kind} {outcome}"), 20, FileCount));
    }

    private static (string Kind, byte[] Content) Make(Random random, int number)
    {
        var protocol = random.Next(2, 6);
        switch (number % 8)
        {
            case 0:
                return ("safetensors", MutateBytes(random, SafeTensorsSamples.ToBytes(SafeTensorsSamples.RandomTensors(random))));
            case 1:
                return ("zip", MutateBytes(random, Convert.FromBase64String(WrittenByPyTorch.Zip)));
            case 2:
                return ("legacy", MutateBytes(random, Convert.FromBase64String(WrittenByPyTorch.Legacy)));
            case 3:
                var (root, storages) = Sample(random);
                return ("zip", Zip(MutatePickle(random, root, protocol), storages, protocol));
            case 4:
                (root, storages) = Sample(random);
                return ("legacy", Legacy(MutatePickle(random, root, protocol), storages, protocol));
            case 5:
                (root, storages) = Sample(random);
                return ("zip", Zip(Plant(random, root), storages, protocol, random.Next(8) == 0 ? "big" : "little"));
            case 6:
                (root, storages) = Sample(random);
                return ("legacy", Legacy(Plant(random, root), storages, protocol));
            default:
                (root, storages) = Sample(random);
                return random.Next(2) == 0
                    ? ("zip", MutateBytes(random, Zip(root, storages, protocol)))
                    : ("legacy", MutateBytes(random, Legacy(root, storages, protocol)));
        }
    }

    /// <summary>A checkpoint: a state dict of random tensors beside other things.</summary>
    private static (Dictionary<string, object?> Root, Dictionary<string, SampleStorage> Storages) Sample(Random random)
    {
        var (state, storages) = StateDict(SafeTensorsSamples.RandomTensors(random));
        var best = new PickleCall(
            "numpy.core.multiarray",
            "scalar",
            new PickleBuilt(new PickleCall("numpy", "dtype", "f8", false, true), new object?[] { 3L, "<" }),
            new byte[8]);
        return (new()
        {
            ["epoch"] = 300L,
            ["best"] = best,
            ["state_dict"] = new PickleBuilt(state, new Dictionary<string, object?>()),
            ["lr"] = new List<object?> { 0.1, null, true },
        }, storages);
    }

    /// <summary>Cuts, lengthens, changes bits and bytes, repeats a stretch, or puts a lie where a number may be.</summary>
    private static byte[] MutateBytes(Random random, byte[] bytes)
    {
        var at = random.Next(bytes.Length);
        switch (random.Next(8))
        {
            case 0:
                return bytes[..at];
            case 1:
                return [.. bytes, .. new byte[random.Next(1, 9)]];
            case 2:
                return [.. bytes[..at], .. bytes.AsSpan(at, Math.Min(random.Next(1, 40), bytes.Length - at)), .. bytes[at..]];
            case 3:
                return [.. bytes[..at], .. bytes.AsSpan(Math.Min(at + random.Next(1, 40), bytes.Length))];
            case 4 when at + sizeof(long) <= bytes.Length:
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), Lies[random.Next(Lies.Length)]);
                return bytes;
            case 5 when at + sizeof(int) <= bytes.Length:
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), unchecked((int)Lies[random.Next(Lies.Length)]));
                return bytes;
            case 6:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            default:
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
        }
    }

    /// <summary>Damages the pickle alone, or puts the call of a name somewhere into it; what holds it stays sound.</summary>
    private static PickleOpcodes MutatePickle(Random random, object? root, int protocol)
    {
        var bytes = PickleWriter.Write(root, protocol)[2..^1];
        if (random.Next(3) > 0)
            return new([.. MutateBytes(random, bytes)]);
        var at = random.Next(bytes.Length);
        var call = PickleWriter.Write(Hostile(random, 0), protocol)[2..^1];
        return new([.. bytes[..at], .. call, .. bytes[at..]]);
    }

    /// <summary>Puts something hostile where a writer of pickles would put a value.</summary>
    private static Dictionary<string, object?> Plant(Random random, Dictionary<string, object?> root)
    {
        var target = random.Next(2) == 0 ? root : (Dictionary<string, object?>)((PickleBuilt)root["state_dict"]!).Value!;
        var key = target.Keys.ElementAt(random.Next(target.Count));
        target[random.Next(2) == 0 ? key : "added.weight"] = Hostile(random, random.Next(9));
        return root;
    }

    private static object? Hostile(Random random, int kind)
    {
        long Lie() => Lies[random.Next(Lies.Length)];
        var (module, name) = HostileNames[random.Next(HostileNames.Length)];
        var storage = Storage(
            $"{random.Next(2)}",
            random.Next(2) == 0 ? ScalarType.Float32 : ScalarType.Int64,
            random.Next(2) == 0 ? Lie() : random.Next(64));
        return kind switch
        {
            0 => new PickleCall(module, name, $"touch '{Sentinel}'"),
            1 => Tensor(storage, Lie(), [Lie(), Lie()], [Lie(), Lie()]),
            2 => Tensor(storage, 0, [random.Next(1, 1_000_000_000), 1], [0, 0]),
            3 => PickleWriter.Write(new PickleCall(module, name, $"touch '{Sentinel}'")).Take(255).ToArray(),
            4 => Enumerable
                .Range(0, random.Next(1, 400))
                .Aggregate((object?)null, (inner, i) =>
                    i % 2 == 0 ? new List<object?> { inner } : new Dictionary<string, object?> { ["a"] = inner }),
            5 => new PickleCall("collections", "OrderedDict", new List<object?> { new object?[] { "x.y", storage }, Lie() }),
            6 => new PickleCall("torch._utils", "_rebuild_parameter", new PickleCall(module, name), true, null),
            7 => new PickleCall(
                "torch._tensor",
                "_rebuild_from_type_v2",
                new PickleName(module, name),
                new PickleName("torch", "Tensor"),
                Array.Empty<object?>(),
                null),
            _ => storage,
        };
    }
}
