using System.Buffers.Binary;
using System.Text;

namespace TfKd.FuzzProbe;

/// <summary>Damages bytes as disks, transfers and people do: cuts, gaps, repetitions, flipped bits, and numbers that are lies.</summary>
internal static class Mutation
{
    private static readonly long[] _lies =
        [-1, 0, 1, 2, 255, 256, 65536, int.MaxValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue];

    private static readonly string[] _numbers = [
        "0",
        "-1",
        "1e308",
        "NaN",
        "null",
        "999999999",
        "9223372036854775807",
        "\"a\"",
        "[]",
        "{}",
        "0.5",
    ];

    /// <param name="random">Decides.</param>
    /// <param name="bytes">At least one; stays as it is.</param>
    /// <param name="what">What was done.</param>
    public static byte[] Of(Random random, byte[] bytes, out string what)
    {
        var times = random.Next(4) == 0 ? random.Next(2, 6) : 1;
        var done = new List<string>();
        for (var i = 0; i < times && bytes.Length > 0; i++)
        {
            (bytes, var one) = Once(random, bytes);
            done.Add(one);
        }

        what = string.Join(", ", done);
        return bytes;
    }

    private static (byte[] Bytes, string What) Once(Random random, byte[] bytes)
    {
        // The beginning, where headers are, as often as all the rest.
        var at = random.Next(random.Next(2) == 0 ? bytes.Length : Math.Min(bytes.Length, 128));
        var length = Math.Min(random.Next(1, 40), bytes.Length - at);
        switch (random.Next(9))
        {
            case 0:
                return (bytes[..at], $"cut at {at}");
            case 1:
                return ([.. bytes[..(at + length)], .. bytes[at..]], $"{length} bytes at {at} repeated");
            case 2:
                return ([.. bytes[..at], .. bytes[(at + length)..]], $"{length} bytes at {at} left out");
            case 3:
                return (Write(bytes, at, Lie(random, at, bytes.Length)), $"a number at {at}");
            case 4:
                return ([.. bytes, .. new byte[random.Next(1, 64)]], "zeros at the end");
            case 5:
                return (Write(bytes, at, [(byte)random.Next(256)]), $"the byte at {at}");
            case 6:
                return (Text(random, bytes, at), $"a number in the text after {at}");
            default:
                return (Write(bytes, at, [(byte)(bytes[at] ^ (1 << random.Next(8)))]), $"a bit at {at}");
        }
    }

    private static byte[] Lie(Random random, int at, int length)
    {
        var number = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, _lies[random.Next(_lies.Length)]);
        return number[..Math.Min(random.Next(2) == 0 ? 4 : 8, length - at)];
    }

    // A number as text becomes another one, or something else, which may be longer.
    private static byte[] Text(Random random, byte[] bytes, int from)
    {
        var at = Array.FindIndex(bytes, from, value => value is >= (byte)'0' and <= (byte)'9');
        if (at < 0)
            return Write(bytes, from, [0]);
        var end = at;
        while (end < bytes.Length && bytes[end] is >= (byte)'0' and <= (byte)'9')
            end++;
        return [.. bytes[..at], .. Encoding.ASCII.GetBytes(_numbers[random.Next(_numbers.Length)]), .. bytes[end..]];
    }

    private static byte[] Write(byte[] bytes, int at, byte[] written)
    {
        byte[] changed = [.. bytes];
        written.CopyTo(changed, at);
        return changed;
    }
}
