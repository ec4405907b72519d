using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.ML;
using Microsoft.ML.Data;
using OnnxServing;
using SkiaSharp;
using TfKd.Tests;

namespace TfKd.MLNet.Tests;

/// <summary>A program that has the ONNX file and nothing of the library answers what the library's transformer does.</summary>
public sealed class OnnxServingTests : IDisposable
{
    private static readonly string[] Names = ServedNetwork.Names;

    private readonly MLContext _ml = new(seed: 1);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public async Task Endpoint_gives_the_scores_of_the_transformer(int channels)
    {
        using var transformer = MakeModel(channels);
        var images = ManyImages();
        float[][] expected =
        [
            .. transformer.Transform(
                _ml.Data.LoadFromEnumerable(images.Select(image => new InputRow { Image = image.Bytes }))).GetColumn<float[]>("Score"),
        ];
        using var classifier = new OnnxClassifier(_folder.File("model.onnx"));
        await using var server = await Start(classifier);
        // No more at once than the server answers at once.
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 16 };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(server.Urls.Single()) };

        var found = await Task.WhenAll(images.Select(image => Predict(client, new ByteArrayContent(image.Bytes))));
        var largest = 0.0;
        for (var i = 0; i < images.Count; i++)
        {
            float[] scores = [.. Names.Select(name => found[i].Scores.Single(score => score.Label == name).Probability)];
            Assert.True(Names[expected[i].IndexOf(expected[i].Max())] == found[i].Label, images[i].Name);
            Assert.Equal(found[i].Probability, scores.Max());
            largest = Math.Max(largest, expected[i].Zip(scores, (a, b) => Math.Abs(a - (double)b)).Max());
        }

        Assert.True(largest < 1e-6, $"The largest difference is {largest}.");
        // A pixel that is elsewhere would be seen: the images of one sign differ by more than that.
        Assert.True(expected.Max(row => row[0]) - expected.Min(row => row[0]) > 1e-3, string.Join(", ", expected.Select(row => row[0])));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{images.Count} images of {channels} channels: the largest difference is {largest}");
    }

    [Fact]
    public async Task Forms_and_bodies_are_answered_and_what_is_no_image_is_refused()
    {
        using var transformer = MakeModel(3);
        using var classifier = new OnnxClassifier(_folder.File("model.onnx"));
        await using var server = await Start(classifier);
        using var client = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };
        Assert.Equal("127.0.0.1", new Uri(server.Urls.Single()).Host);

        var photo = DrawnSigns.Draw(1);
        var expected = classifier.Predict(photo);
        Assert.Equal(expected.Scores, (await Predict(client, new ByteArrayContent(photo))).Scores);
        Assert.Equal(expected.Scores, (await Predict(client, Form(photo))).Scores);
        var posted = new ByteArrayContent(photo);
        posted.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        Assert.Equal(expected.Scores, (await Predict(client, posted)).Scores);

        Assert.Equal(
            "The 0 bytes are not an image of a known format (JPEG, PNG, WebP, GIF, BMP).", await Refusal(client, new ByteArrayContent([])));
        Assert.Equal(
            "The 12 bytes are not an image of a known format (JPEG, PNG, WebP, GIF, BMP).",
            await Refusal(client, new StringContent("not an image")));
        Assert.Equal(
            "The Jpeg image of 64x64 pixels is damaged or cut short (IncompleteInput).",
            await Refusal(client, new ByteArrayContent(photo[..^300])));
        Assert.Equal("The form must have one file, the image, but has 2.", await Refusal(client, Form(photo, photo)));
        Assert.Equal(
            "The form must have one file, the image, but has 0.",
            await Refusal(client, new MultipartFormDataContent { { new StringContent("none"), "image" } }));
        using var cut = new StringContent("--x\r\nContent-Disp");
        cut.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        Assert.StartsWith("The form cannot be read: ", await Refusal(client, cut), StringComparison.Ordinal);

        var health = await client.GetFromJsonAsync<JsonElement>("/health", TestContext.Current.CancellationToken);
        Assert.Equal("ok 3 3x32x48", $"{health.GetProperty("status")} {health.GetProperty("classes")} {health.GetProperty("input")}");
        Assert.Equal(
            HttpStatusCode.MethodNotAllowed, (await client.GetAsync("/predict", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Many_images_that_promise_much_at_once_are_refused_or_answered_in_bounded_work()
    {
        using var transformer = MakeModel(3);
        using var classifier = new OnnxClassifier(_folder.File("model.onnx"));
        await using var server = await Start(classifier);
        using var client = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };
        var clock = Stopwatch.StartNew();
        var promise = Images.GreyPng(8192, 8192, whole: false);
        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Refusal(client, new ByteArrayContent(promise)))),
            text => Assert.Equal("The image has 8192x8192 pixels; the most that is decoded is 33554432.", text));
        var thread = Images.GreyPng(1, 500_000, grey: 90);
        Assert.Equal(
            classifier.Predict(Images.GreyPng(48, 32, grey: 90)).Scores, (await Predict(client, new ByteArrayContent(thread))).Scores);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
    }

    [Fact]
    public async Task More_requests_than_are_answered_at_one_time_are_told_to_come_again()
    {
        var room = new ServerSettings().MaxRequests;
        using var transformer = MakeModel(3);
        using var classifier = new OnnxClassifier(_folder.File("model.onnx"));
        await using var server = await Start(classifier);
        using var client = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };
        var token = TestContext.Current.CancellationToken;
        // Bodies that do not end hold the server's room, one each. Where one comes while the question is answered, it is refused itself: for
        // each answer there is one more.
        using var held = new SemaphoreSlim(0);
        var waiting = new List<Task<HttpStatusCode>>();
        HttpResponseMessage refused;
        do
        {
            do
                waiting.Add(Hold());
            while (waiting.Count < room);
            refused = await client.PostAsync("/predict", new ByteArrayContent(DrawnSigns.Draw(1)), token);
        }
        while (refused.StatusCode == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
        held.Release(waiting.Count);
        Assert.Equal(room, (await Task.WhenAll(waiting)).Count(status => status == HttpStatusCode.OK));
        Assert.NotEmpty((await Predict(client, new ByteArrayContent(DrawnSigns.Draw(1)))).Scores);

        async Task<HttpStatusCode> Hold()
        {
            try
            {
                return (await client.PostAsync("/predict", new HeldContent(held, DrawnSigns.Draw(1)), token)).StatusCode;
            }
            catch (HttpRequestException)
            {
                // Refused, and the connection closed before the rest was sent.
                return HttpStatusCode.ServiceUnavailable;
            }
        }
    }

    [Fact]
    public async Task An_answer_that_is_no_number_is_a_problem_document()
    {
        using var transformer = MakeModel(3, spoilt: true);
        using var classifier = new OnnxClassifier(_folder.File("model.onnx"));
        await using var server = await Start(classifier);
        using var client = new HttpClient { BaseAddress = new Uri(server.Urls.Single()) };
        using var response = await client.PostAsync(
            "/predict", new ByteArrayContent(DrawnSigns.Draw(1)), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains(
            "The network's answer for the class 'first' is NaN, which is no probability.",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        File.WriteAllBytes(_folder.File("sign.jpg"), DrawnSigns.Draw(1));
        using var writer = new StringWriter();
        Assert.False(Table.Write(writer, classifier, [_folder.File("sign.jpg")]));
    }

    [Fact]
    public async Task It_listens_where_the_environment_says_and_on_the_loopback_address_otherwise()
    {
        using var transformer = MakeModel(3);
        using var classifier = new OnnxClassifier(_folder.File("model.onnx"));
        Assert.Equal("127.0.0.1", new Uri(PredictionServer.DefaultUrls).Host);
        var before = Environment.GetEnvironmentVariable("ASPNETCORE_URLS");
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://0.0.0.0:0");
        try
        {
            await using var everywhere = PredictionServer.Create(classifier, new ServerSettings());
            await everywhere.StartAsync(TestContext.Current.CancellationToken);
            Assert.Equal("0.0.0.0", new Uri(everywhere.Urls.Single()).Host);
            await using var local = PredictionServer.Create(classifier, new ServerSettings { Urls = "http://127.0.0.1:0" });
            await local.StartAsync(TestContext.Current.CancellationToken);
            Assert.Equal("127.0.0.1", new Uri(local.Urls.Single()).Host);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", before);
        }
    }

    [Fact]
    public void Table_has_a_line_a_file_in_their_order()
    {
        using var transformer = MakeModel(3);
        using var classifier = new OnnxClassifier(_folder.File("model.onnx"));
        string[] files = [.. Enumerable.Range(0, 20).Select(i => _folder.File($"{i}.jpg"))];
        for (var i = 0; i < files.Length; i++)
            File.WriteAllBytes(files[i], DrawnSigns.Draw(i));
        using var writer = new StringWriter();
        Assert.True(Table.Write(writer, classifier, files));
        var lines = writer.ToString().Split(Environment.NewLine)[1..^1];
        Assert.Equal(files, lines.Select(line => line.Split(' ')[0]));
        Assert.All(
            lines.Zip(files),
            pair => Assert.Contains($"{classifier.Predict(File.ReadAllBytes(pair.Second)).Label} ", pair.First, StringComparison.Ordinal));

        Assert.False(Table.Write(writer, classifier, [files[0], _folder.File("missing.jpg")]));
        Assert.Contains("Could not find file", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_network_of_the_library_is_refused()
    {
        File.WriteAllText(_folder.File("text.onnx"), "no network");
        Assert.StartsWith(
            $"ONNX Runtime cannot read '{_folder.File("text.onnx")}'",
            Assert.Throws<InvalidDataException>(() => new OnnxClassifier(_folder.File("text.onnx"))).Message,
            StringComparison.Ordinal);
    }

    /// <summary>Whoever adds a reference here adds it to all that is published.</summary>
    [Theory]
    [InlineData("Console")]
    [InlineData("Web")]
    [InlineData("Score", "Parquet.Net")]
    public void Its_projects_refer_to_four_packages_and_no_project(string project, params string[] more)
    {
        var elements = Directory.GetFiles(Repository.PathOf($"examples/OnnxServing/{project}"), "*.*proj")
            .Append(Repository.PathOf("examples/OnnxServing/Directory.Build.props"))
            .SelectMany(file => XDocument.Load(file).Descendants()).ToList();
        string[] packages =
        [
            "Microsoft.ML.OnnxRuntime", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies", "System.CommandLine", .. more,
        ];
        Assert.Equal(
            packages.Order(),
            elements.Where(element => element.Name == "PackageReference").Select(element => element.Attribute("Include")!.Value).Order());
        Assert.DoesNotContain(elements, element => element.Name == "ProjectReference");
    }

    /// <summary>Signs of other sizes and formats than the network's, larger and smaller, turned in all ways, with transparency.</summary>
    private static List<(string Name, byte[] Bytes)> ManyImages()
    {
        var images = new List<(string, byte[])>();
        foreach (var (width, height) in new[] { (64, 64), (48, 32), (47, 33), (20, 15), (300, 200), (131, 517), (900, 640) })
        {
            foreach (var format in new[] { SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Png, SKEncodedImageFormat.Webp })
                images.Add(($"{format} {width}x{height}", DrawnSigns.Draw(images.Count, width, height, format)));
        }

        for (byte orientation = 1; orientation <= 8; orientation++)
        {
            images.Add(
                (
                    $"orientation {orientation}",
                    Images.WithOrientation(DrawnSigns.Draw(orientation, 400, 150, SKEncodedImageFormat.Jpeg), orientation)));
        }

        images.Add(("transparent", Images.Encode(70, 50, (x, y) => new SKColor((byte)(3 * x), (byte)(5 * y), 90, (byte)(x * y % 256)))));
        foreach (var (width, height) in new[] { (1, 3000), (900, 7), (5, 640), (2000, 100), (4096, 40) })
            images.Add(($"elongated {width}x{height}", DrawnSigns.Draw(images.Count, width, height, SKEncodedImageFormat.Png)));
        images.Add(("grey", Images.Encode(70, 50, (x, y) => new SKColor((byte)(3 * x), (byte)(3 * x), (byte)(3 * x)))));
        return images;
    }

    private TorchImageClassificationTransformer MakeModel(int channels, bool spoilt = false) =>
        ServedNetwork.Save(_folder.File("model.onnx"), new ImageShape(channels, 32, 48), spoilt);

    private static async Task<WebApplication> Start(OnnxClassifier classifier)
    {
        var server = PredictionServer.Create(classifier, new ServerSettings { Urls = "http://127.0.0.1:0" });
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    private static MultipartFormDataContent Form(params byte[][] files)
    {
        var form = new MultipartFormDataContent();
        foreach (var file in files)
            form.Add(new ByteArrayContent(file), "image", "photo.jpg");
        return form;
    }

    private static async Task<Prediction> Predict(HttpClient client, HttpContent content)
    {
        using var response = await client.PostAsync("/predict", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<Prediction>(TestContext.Current.CancellationToken))!;
    }

    private static async Task<string> Refusal(HttpClient client, HttpContent content)
    {
        using var response = await client.PostAsync("/predict", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        return (
            await response.Content.ReadFromJsonAsync<JsonElement>(
                TestContext.Current.CancellationToken)).GetProperty("detail").GetString()!;
    }
}
