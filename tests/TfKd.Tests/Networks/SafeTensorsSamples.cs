using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace TfKd.Tests;

/// <summary>Content of .safetensors files to try.</summary>
internal static class SafeTensorsSamples
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    public static byte[] ToBytes(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    public static byte[] WithHeader(string header, params byte[] values) =>
        [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. values];

    public static Dictionary<string, Tensor> RandomTensors(Random random)
    {
        var tensors = new Dictionary<string, Tensor>();
        for (var i = random.Next(5); i >= 0; i--)
        {
            long[] shape = [.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(4))];
            var type = Types[random.Next(Types.Length)];
            var values = empty(shape, type);
            random.NextBytes(values.bytes);
            if (type == ScalarType.Bool)
                foreach (ref var value in values.bytes)
                    value &= 1;
            tensors[$"{(char)random.Next('A', 'z')}.ä\"{random.Next(3)}"] = values;
        }
        return tensors;
    }

    public static bool AreEqual(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual) =>
        expected.Keys.Order(StringComparer.Ordinal).SequenceEqual(actual.Keys.Order(StringComparer.Ordinal))
        && expected.All(entry => entry.Value.dtype == actual[entry.Key].dtype
            && entry.Value.shape.SequenceEqual(actual[entry.Key].shape)
            && entry.Value.bytes.SequenceEqual(actual[entry.Key].bytes));
}
