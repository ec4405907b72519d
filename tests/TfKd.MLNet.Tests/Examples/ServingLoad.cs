using System.Net;
using System.Text;
using System.Text.Json;
using OnnxServing;

namespace TfKd.MLNet.Tests;

/// <summary>
/// Many clients of one server at once, each with images of its own choice, as JSON or binary, whose scores are known: a server that mixes
/// up requests answers some of them wrongly.
/// </summary>
internal sealed class ServingLoad(OnnxClassifier classifier, Uri address, string model)
{
    private const int KnownImages = 64, MostImages = 4;

    private readonly byte[] _pixels = MakePixels(classifier.PixelBytes);
    private int _right, _refused, _wrong;
    private string? _firstWrong;

    /// <summary>Requests whose scores were right.</summary>
    public int Right => _right;

    /// <summary>Requests that were told to come again.</summary>
    public int Refused => _refused;

    /// <summary>All other answers, and the first of them.</summary>
    public (int Count, string? First) Wrong => (_wrong, _firstWrong);

    /// <summary>Lets clients ask until the time is over.</summary>
    public async Task Run(int clients, TimeSpan time, CancellationToken token)
    {
        var expected = Enumerable.Range(0, KnownImages)
            .Select(i => classifier.Score(_pixels.AsMemory(i * classifier.PixelBytes), 1)).ToArray();
        using var client = new HttpClient { BaseAddress = address };
        var end = DateTime.UtcNow + time;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(number => Task.Run(
            async () =>
            {
                var random = new Random(number);
                // Each asks once at least, however little time there is.
                do
                    await Ask(client, random, expected, token);
                while (DateTime.UtcNow < end);
            },
            token)));
    }

    private async Task Ask(HttpClient client, Random random, float[][] expected, CancellationToken token)
    {
        var (count, isBinary) = (1 + random.Next(MostImages), random.Next(4) > 0);
        var first = random.Next(KnownImages - count);
        using var response = await client.PostAsync($"/v2/models/{model}/infer", Content(first, count, isBinary), token);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            Interlocked.Increment(ref _refused);
            await Task.Delay(random.Next(10, 100), token);
            return;
        }

        var answer = await response.Content.ReadAsByteArrayAsync(token);
        if (response.IsSuccessStatusCode && IsRight(answer, expected.Skip(first).Take(count).SelectMany(scores => scores)))
            Interlocked.Increment(ref _right);
        else
        {
            Interlocked.Increment(ref _wrong);
            _firstWrong ??= $"{(int)response.StatusCode} {Encoding.UTF8.GetString(answer)}";
        }
    }

    private static bool IsRight(byte[] answer, IEnumerable<float> expected)
    {
        using var json = JsonDocument.Parse(answer);
        var data = json.RootElement.GetProperty("outputs")[0].GetProperty("data");
        float[] found = [.. data.EnumerateArray().Select(value => value.GetSingle())];
        float[] wanted = [.. expected];
        return found.Length == wanted.Length && found.Zip(wanted).All(pair => Math.Abs(pair.First - pair.Second) < 1e-5f);
    }

    private ByteArrayContent Content(int first, int count, bool isBinary)
    {
        var pixels = _pixels.AsSpan(first * classifier.PixelBytes, count * classifier.PixelBytes);
        var data = isBinary
            ? $"\"parameters\":{{\"binary_data_size\":{pixels.Length}}}"
            : $"\"data\":[{string.Join(',', pixels.ToArray())}]";
        var json = Encoding.UTF8.GetBytes(
            "{\"inputs\":[{\"name\":\"images\",\"datatype\":\"UINT8\"," +
            $"\"shape\":[{string.Join(',', classifier.ShapeOf(count))}],{data}}}]}}");
        var content = new ByteArrayContent(isBinary ? [.. json, .. pixels] : json);
        if (isBinary)
            content.Headers.Add("Inference-Header-Content-Length", json.Length.ToString());
        return content;
    }

    private static byte[] MakePixels(int bytes)
    {
        var pixels = new byte[KnownImages * bytes];
        new Random(1).NextBytes(pixels);
        return pixels;
    }
}
