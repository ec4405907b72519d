using System.Text.Json;
using System.Text.Json.Serialization;

namespace TfKd;

/// <summary>Where a run stands, as its checkpoint says in words.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="StopReason">Why the run is to stop; null where it is not.</param>
/// <param name="History">The finished epochs.</param>
internal sealed record RunPosition(long Step, string? StopReason, IReadOnlyList<EpochMetrics> History)
{
    // A term that an objective only reports may be infinite.
    private static readonly JsonSerializerOptions _json = new()
    {
        TypeInfoResolver = ReflectionJson.Resolver,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The epoch under way; null between two.</summary>
    public EpochSums? Unfinished { get; init; }

    /// <summary>Which kernels computed.</summary>
    public string? Kernels { get; init; }

    /// <param name="text">What <see cref="ToText"/> gave.</param>
    /// <param name="path">The file that it is of.</param>
    /// <exception cref="InvalidDataException">It is no position.</exception>
    public static RunPosition Parse(string text, string path)
    {
        try
        {
            if (JsonSerializer.Deserialize<RunPosition>(text, _json) is { Step: >= 0, History: { } epochs } position
                && !epochs.Contains(null!))
                return position;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or NotSupportedException)
        {
            throw new InvalidDataException($"'{path}' does not say where its run stands: {exception.Message}", exception);
        }

        throw new InvalidDataException($"'{path}' does not say where its run stands: expected its step and its epochs, found none.");
    }

    /// <summary>Says where a run goes on.</summary>
    /// <param name="path">The file of its checkpoint.</param>
    /// <param name="maxEpochs">Epochs of the whole run.</param>
    /// <param name="kernels">Which kernels compute from here on.</param>
    public string DescribeResumption(string path, int maxEpochs, string kernels)
    {
        var place = Unfinished is { Steps: > 0 and var steps }
            ? $"step {steps} of epoch {History.Count + 1} of {maxEpochs}"
            : $"epoch {History.Count} of {maxEpochs}";
        var others = "its numbers may differ in their last digits from those of an unbroken run";
        var change = Kernels is null || Kernels == kernels ? "" : $" It ran {Kernels}, and goes on {kernels}: {others}.";
        return $"Resumed after {place} from '{path}'.{change}";
    }

    public string ToText() => JsonSerializer.Serialize(this, _json);
}
