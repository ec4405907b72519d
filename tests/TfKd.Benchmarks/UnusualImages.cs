using System.Diagnostics;
using TfKd.Tests;

namespace TfKd.Benchmarks;

/// <summary>Seconds and memory of images of few bytes that ask for much: elongated ones, and headers that promise many pixels.</summary>
internal static class UnusualImages
{
    public static void Run()
    {
        var shape = new ImageShape(3, 224, 224);
        Measure("1x10000", Images.GreyPng(1, 10_000), 1);
        Measure("1x12000", Images.GreyPng(1, 12_000), 1);
        Measure("1000000x1", Images.GreyPng(1_000_000, 1), 1);
        Measure("16384x16384, the header", Images.GreyPng(16384, 16384, whole: false), 16);
        Measure("11585x11585, the header", Images.GreyPng(11585, 11585, whole: false), 16);

        void Measure(string name, byte[] encoded, int count)
        {
            var clock = Stopwatch.StartNew();
            var outcomes = new string[count];
            Parallel.For(0, count, i => outcomes[i] = Decode(encoded, shape));
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(
                FormattableString.Invariant($"{name}, {encoded.Length} bytes, {count} times: {clock.Elapsed.TotalSeconds:F2} s, ")
                + $"peak so far {process.PeakWorkingSet64 >> 20} MiB: {string.Join("; ", outcomes.Distinct())}");
        }
    }

    private static string Decode(byte[] encoded, ImageShape shape)
    {
        try
        {
            ImageDecoder.Decode(encoded, shape, new byte[shape.ByteCount]);
            return "decoded";
        }
        catch (ImageDecodingException exception)
        {
            return exception.Message;
        }
    }
}
