using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OnnxServing;

/// <summary>What a server counts, for dotnet-counters and OpenTelemetry: the meter OnnxServing.</summary>
internal sealed class ServerMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "OnnxServing";

    private readonly Counter<long> _requests, _images, _refused;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Histogram<double> _duration;

    public ServerMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _requests = meter.CreateCounter<long>("onnxserving.requests", "{request}", "Requests that were answered, by endpoint and status.");
        _refused = meter.CreateCounter<long>("onnxserving.refused", "{request}", "Requests that were told to come again.");
        _images = meter.CreateCounter<long>("onnxserving.images", "{image}", "Images that were scored.");
        _inFlight = meter.CreateUpDownCounter<long>("onnxserving.in_flight", "{request}", "Requests that are being answered.");
        _duration = meter.CreateHistogram(
            "onnxserving.duration",
            "s",
            "From the first byte of a request that is not refused to its answer.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
            });
    }

    /// <summary>A request begins.</summary>
    /// <returns>When.</returns>
    public long Begin(string endpoint)
    {
        _inFlight.Add(1, Tag(endpoint));
        return Stopwatch.GetTimestamp();
    }

    /// <summary>A request was answered.</summary>
    public void End(string endpoint, int status, long begun)
    {
        var tags = new TagList { Tag(endpoint), new("status", status) };
        _inFlight.Add(-1, Tag(endpoint));
        _requests.Add(1, tags);
        _duration.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds, tags);
    }

    /// <summary>A request was told to come again.</summary>
    public void Refuse(string endpoint) => _refused.Add(1, Tag(endpoint));

    /// <summary>Images were scored.</summary>
    public void Scored(int images) => _images.Add(images);

    private static KeyValuePair<string, object?> Tag(string endpoint) => new("endpoint", endpoint);
}
