namespace OnnxServing;

/// <summary>Where a server listens, and how much it takes on.</summary>
internal sealed record ServerSettings
{
    /// <summary>
    /// Where it listens, separated by semicolons. Default null: what ASPNETCORE_URLS says, or else
    /// <see cref="PredictionServer.DefaultUrls"/>.
    /// </summary>
    public string? Urls { get; init; }

    /// <summary>The model's name in the inference protocol. Default: model.</summary>
    public string Name { get; init; } = "model";

    /// <summary>Requests that are answered at once; others are told to come again. Default 32.</summary>
    public int MaxRequests { get; init; } = 32;

    /// <summary>Most bytes of a body. Default 32 MiB. Times the requests this bounds what bodies take.</summary>
    public long MaxBytes { get; init; } = 32 << 20;

    /// <summary>How long requests are answered after the server said that it is not ready any more. Default: no time.</summary>
    public TimeSpan Drain { get; init; }
}
