using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OnnxServing;

namespace TfKd.MLNet.Tests;

/// <summary>The web example as clients of KServe and Triton see it.</summary>
public sealed class InferenceProtocolTests(ServedModel served) : IClassFixture<ServedModel>
{
    private const string Header = "Inference-Header-Content-Length";
    private const int Bytes = 3 * 8 * 12;

    private static string? Version => typeof(InferenceProtocol).Assembly.GetName().Version?.ToString(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly byte[] _images = [.. Enumerable.Range(0, 40 * Bytes).Select(i => (byte)(i * i + i / 7))];

    [Fact]
    public async Task It_says_what_is_served()
    {
        await using var server = await served.Start();
        using var client = ServedModel.Client(server);
        Assert.Equal(
            $$"""{"name":"OnnxServing","version":"{{Version}}","extensions":["binary_tensor_data"]}""",
            await client.GetStringAsync("/v2", Token));
        const string Expected =
            """{"name":"signs","versions":["1"],"platform":"onnxruntime_onnx",""" +
            "\"inputs\":[{\"name\":\"images\",\"datatype\":\"UINT8\",\"shape\":[-1,3,8,12]}]," +
            "\"outputs\":[{\"name\":\"scores\",\"datatype\":\"FP32\",\"shape\":[-1,3]}]}";
        foreach (var path in new[] { "/v2/models/signs", "/v2/models/signs/versions/1" })
        {
            Assert.Equal(Expected, await client.GetStringAsync(path, Token));
            Assert.Equal("200 ", await Get(client, $"{path}/ready"));
        }

        Assert.Equal("200 ", await Get(client, "/v2/health/live"));
        Assert.Equal("200 ", await Get(client, "/v2/health/ready"));
        const string NoModel = """404 {"error":"The model 'other' is not here, but 'signs' is."}""";
        Assert.Equal(NoModel, Unescape(await Get(client, "/v2/models/other")));
        Assert.Equal(NoModel, Unescape(await Get(client, "/v2/models/other/ready")));
        Assert.Equal(NoModel, Unescape(await Post(client, "{}", path: "/v2/models/other/infer")));
        Assert.Equal(
            """404 {"error":"The model 'signs' has version 1 only, not '2'."}""",
            Unescape(await Get(client, "/v2/models/signs/versions/2")));
        Assert.Equal(
            """404 {"error":"'/v2/repository/index' is no address of the protocol."}""",
            Unescape(await Get(client, "/v2/repository/index")));
    }

    [Theory]
    [InlineData("flat")]
    [InlineData("nested")]
    [InlineData("binary")]
    public async Task Scores_are_those_of_the_session_in_each_form(string form)
    {
        await using var server = await served.Start();
        using var client = ServedModel.Client(server);
        const int Count = 3;
        var expected = served.Classifier.Score(_images, Count);
        var json = await Infer(client, Request(form, Count, """ "id":"17", """), Behind(form, Count));
        Assert.Equal("signs 1 17", $"{json.GetProperty("model_name")} {json.GetProperty("model_version")} {json.GetProperty("id")}");
        var output = Assert.Single(json.GetProperty("outputs").EnumerateArray());
        Assert.Equal("scores FP32 [3,3]", $"{output.GetProperty("name")} {output.GetProperty("datatype")} {output.GetProperty("shape")}");
        Assert.Equal(expected, output.GetProperty("data").EnumerateArray().Select(value => value.GetSingle()));
    }

    [Theory]
    [InlineData(""" "parameters":{"binary_data_output":true}, """, "", true)]
    [InlineData(
        """ "parameters":{"binary_data_output":true}, """,
        """, "outputs":[{"name":"scores","parameters":{"binary_data":false}}]""",
        false)]
    [InlineData("", """, "outputs":[{"name":"scores","parameters":{"binary_data":true}}]""", true)]
    [InlineData("", """, "outputs":[{"name":"scores"}]""", false)]
    [InlineData("", """, "outputs":[]""", false)]
    public async Task Scores_come_as_bytes_where_they_are_wanted_so(string before, string after, bool isBinary)
    {
        await using var server = await served.Start();
        using var client = ServedModel.Client(server);
        // More than are scored at once.
        const int Count = 40;
        using var response = await client.PostAsync(
            "/v2/models/signs/versions/1/infer", Content(Request("binary", Count, before, after), Behind("binary", Count)), Token);
        var body = await response.Content.ReadAsByteArrayAsync(Token);
        Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(body));
        Assert.Equal(isBinary, response.Headers.Contains(Header));
        var length = isBinary ? int.Parse(response.Headers.GetValues(Header).Single()) : body.Length;
        using var json = JsonDocument.Parse(body.AsMemory(0, length));
        var output = json.RootElement.GetProperty("outputs")[0];
        float[] found = isBinary
            ? [.. body[length..].Chunk(4).Select(bytes => BinaryPrimitives.ReadSingleLittleEndian(bytes))]
            : [.. output.GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];
        if (isBinary)
            Assert.Equal(found.Length * 4, output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        var expected = served.Classifier.Score(_images, Count);
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Theory]
    [InlineData("", "The request is no JSON object of the protocol: ")]
    [InlineData("null", "The request is no JSON object of the protocol: It is null.")]
    [InlineData("""{"inputs":3}""", "The request is no JSON object of the protocol: ")]
    [InlineData("{}", "There must be one input, 'images', but there is none.")]
    [InlineData("""{"inputs":[{"name":"pixels"}]}""", "There must be one input, 'images', but there is 'pixels'.")]
    [InlineData("""{"inputs":[null]}""", "There must be one input, 'images', but there is ''.")]
    [InlineData("""{"inputs":[{"name":"images"},{"name":"images"}]}""",
        "There must be one input, 'images', but there is 'images', 'images'.")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"FP32"}]}""", "'images' must have the datatype UINT8, but has 'FP32'.")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8"}]}""",
        "'images' must have the shape [N,3,8,12] with N from 1 on, but has [].")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[0,3,8,12]}]}""",
        "'images' must have the shape [N,3,8,12] with N from 1 on, but has [0,3,8,12].")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[1,3,12,8]}]}""",
        "'images' must have the shape [N,3,8,12] with N from 1 on, but has [1,3,12,8].")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[9007199254740993,3,8,12]}]}""",
        "'images' must have the shape [N,3,8,12] with N from 1 on, but has [9007199254740993,3,8,12].")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[1,3,8,12]}]}""",
        "'images' must have either data or the parameter binary_data_size.")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[1,3,8,12],"data":[1],"parameters":{"binary_data_size":288}}]}""",
        "'images' must have either data or the parameter binary_data_size.")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[1,3,8,12],"parameters":{"binary_data_size":288}}]}""",
        "Behind the JSON must be the 288 bytes of binary tensors, but 0 are there (Inference-Header-Content-Length says where).")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[1,3,8,12],"parameters":{"binary_data_size":-1}}]}""",
        "The parameter binary_data_size must be a number of bytes, but is -1.")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[1,3,8,12],"data":[1,2]}]}""",
        "'images' of shape [1,3,8,12] must have 288 values, but has 2.")]
    [InlineData("""{"inputs":[{"name":"images","datatype":"UINT8","shape":[1,3,8,12],"data":[[1,2],[3,4]]}]}""",
        "The data of 'images' must be flat or of its shape [1,3,8,12], but they are nested as [2,2].")]
    [InlineData("""{"inputs":[{"name":"images","data":[[1,2],[3]]}]}""", "Arrays of one depth must have one length, but have 2 and 1.")]
    [InlineData("""{"inputs":[{"name":"images","data":[1,[2]]}]}""", "Values must all be at one depth.")]
    [InlineData("""{"inputs":[{"name":"images","data":[[2],1]}]}""", "Values must all be at one depth.")]
    [InlineData("""{"inputs":[{"name":"images","data":[256]}]}""", "Values must be whole numbers from 0 to 255.")]
    [InlineData("""{"inputs":[{"name":"images","data":[1.5]}]}""", "Values must be whole numbers from 0 to 255.")]
    [InlineData("""{"inputs":[{"name":"images","data":["1"]}]}""", "Values must be whole numbers from 0 to 255.")]
    [InlineData("""{"inputs":[{"name":"images","data":7}]}""", "Data must be an array.")]
    [InlineData("""{"inputs":[{"name":"images"}],"outputs":[{"name":"logits"}]}""", "The only output is 'scores', but wanted is 'logits'.")]
    public async Task What_is_not_for_the_network_is_refused(string request, string expected)
    {
        await using var server = await served.Start();
        using var client = ServedModel.Client(server);
        using var content = Content(Encoding.UTF8.GetBytes(request), null);
        using var response = await client.PostAsync("/v2/models/signs/infer", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Contains(expected, error.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Single(error.EnumerateObject());
    }

    [Fact]
    public async Task Parameters_and_headers_that_are_wrong_are_refused()
    {
        await using var server = await served.Start();
        using var client = ServedModel.Client(server);
        var request = Encoding.UTF8.GetString(Request("binary", 1, """ "parameters":{"binary_data_output":1}, """));
        Assert.Contains(
            "binary_data_output must be true or false, but is 1.",
            await Post(client, request, Behind("binary", 1)),
            StringComparison.Ordinal);
        Assert.Contains(
            "within 0 and the 2 bytes of the body, but is '3'", Unescape(await Post(client, "{}", header: "3")), StringComparison.Ordinal);
        Assert.Contains("but is '-1'", Unescape(await Post(client, "{}", header: "-1")), StringComparison.Ordinal);
        using var packed = new ByteArrayContent([1, 2, 3]);
        packed.Headers.ContentEncoding.Add("gzip");
        using var response = await client.PostAsync("/v2/models/signs/infer", packed, Token);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_with_its_own_status()
    {
        await using var server = await served.Start(new ServerSettings { MaxBytes = 1000 });
        using var client = ServedModel.Client(server);
        Assert.StartsWith("413 {\"error\":\"", await Post(client, new string(' ', 1001)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_it_takes_on_are_told_to_come_again_and_counted()
    {
        await using var server = await served.Start(new ServerSettings { MaxRequests = 2 });
        using var client = ServedModel.Client(server);
        using var counted = new CountedMeter(server);
        using var held = new SemaphoreSlim(0);
        var request = Request("binary", 2);
        var waiting = Enumerable.Range(0, 2).Select(_ => client.PostAsync("/v2/models/signs/infer", Held(held, request), Token)).ToList();
        // Both are in the server before a third one comes.
        while (counted.Sum("onnxserving.in_flight") < 2)
            await Task.Delay(5, Token);
        using var refused = await client.PostAsync("/v2/models/signs/infer", Content(request, Behind("binary", 2)), Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        Assert.Equal("""{"error":"2 requests are being answered; try again."}""", await refused.Content.ReadAsStringAsync(Token));
        held.Release(2);
        Assert.All(await Task.WhenAll(waiting), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.StartsWith("400 ", await Post(client, "{}"), StringComparison.Ordinal);
        while (counted.Sum("onnxserving.in_flight") > 0)
            await Task.Delay(5, Token);
        Assert.Equal(1, counted.Sum("onnxserving.refused"));
        Assert.Equal(4, counted.Sum("onnxserving.images"));
        Assert.Equal(3, counted.Sum("onnxserving.requests"));
        Assert.Equal(3, counted.Count("onnxserving.duration"));
        Assert.Equal(["infer 200", "infer 200", "infer 400"], counted.Tags("onnxserving.requests"));
    }

    /// <summary>The same with 200 clients for a minute is the benchmark 'serving'.</summary>
    [Fact]
    public async Task Many_clients_at_once_get_their_own_scores()
    {
        await using var server = await served.Start(new ServerSettings { MaxRequests = 8 });
        var load = new ServingLoad(served.Classifier, new Uri(server.Urls.Single()), "signs");
        await load.Run(clients: 20, TimeSpan.FromSeconds(1), Token);
        Assert.Equal((0, null), load.Wrong);
        Assert.NotEqual(0, load.Right);
    }

    [Fact]
    public async Task Asked_to_stop_it_says_so_and_answers_what_it_was_asked()
    {
        await using var server = await served.Start();
        using var client = ServedModel.Client(server);
        using var counted = new CountedMeter(server);
        using var held = new SemaphoreSlim(0);
        var waiting = client.PostAsync("/v2/models/signs/infer", Held(held, Request("binary", 2)), Token);
        while (counted.Sum("onnxserving.in_flight") < 1)
            await Task.Delay(5, Token);
        server.Lifetime.StopApplication();
        Assert.Equal("400 ", await Get(client, "/v2/health/ready"));
        Assert.Equal("400 ", await Get(client, "/v2/models/signs/ready"));
        Assert.Equal("200 ", await Get(client, "/v2/health/live"));
        var stopping = server.StopAsync(Token);
        held.Release();
        using var response = await waiting;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await stopping;
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/v2", Token));
    }

    private static byte[] Request(string form, int count, string before = "", string after = "")
    {
        var pixels = _images.Take(count * Bytes);
        var data = form switch
        {
            "binary" => $$""" "parameters":{"binary_data_size":{{count * Bytes}}} """,
            "flat" => $"\"data\":[{string.Join(',', pixels)}]",
            _ => $"\"data\":{JsonSerializer.Serialize(pixels.Select(value => (int)value).Chunk(12).Chunk(8).Chunk(3))}",
        };
        // Data may come before what they are.
        return Encoding.UTF8.GetBytes(
            $$"""{ {{before}} "inputs":[{ {{data}}, "name":"images","shape":[{{count}},3,8,12],"datatype":"UINT8" }]{{after}} }""");
    }

    private static byte[]? Behind(string form, int count) => form == "binary" ? _images[..(count * Bytes)] : null;

    private static ByteArrayContent Content(byte[] json, byte[]? behind, string? header = null)
    {
        var content = new ByteArrayContent([.. json, .. behind ?? []]);
        if (header is not null || behind is not null)
            content.Headers.Add(Header, header ?? json.Length.ToString());
        return content;
    }

    private static HeldContent Held(SemaphoreSlim held, byte[] json)
    {
        var content = new HeldContent(held, [.. json, .. Behind("binary", 2)!]);
        content.Headers.Add(Header, json.Length.ToString());
        return content;
    }

    private static async Task<JsonElement> Infer(HttpClient client, byte[] json, byte[]? behind)
    {
        using var response = await client.PostAsync("/v2/models/signs/infer", Content(json, behind), Token);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private static async Task<string> Get(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Token);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Token)}";
    }

    private static async Task<string> Post(
        HttpClient client, string json, byte[]? behind = null, string? header = null, string path = "/v2/models/signs/infer")
    {
        using var response = await client.PostAsync(path, Content(Encoding.UTF8.GetBytes(json), behind, header), Token);
        return $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Token)}";
    }

    private static string Unescape(string json) => json.Replace("\\u0027", "'", StringComparison.Ordinal);

    /// <summary>What one server's meter counted.</summary>
    private sealed class CountedMeter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly ConcurrentQueue<(string Name, double Value, string Tags)> _values = [];

        public CountedMeter(WebApplication server)
        {
            var factory = server.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ServerMetrics.MeterName && instrument.Meter.Scope == factory)
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public double Sum(string name) => _values.Where(value => value.Name == name).Sum(value => value.Value);

        public int Count(string name) => _values.Count(value => value.Name == name);

        public IEnumerable<string> Tags(string name) => _values.Where(value => value.Name == name).Select(value => value.Tags).Order();

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _values.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => tag.Value))));
    }
}
