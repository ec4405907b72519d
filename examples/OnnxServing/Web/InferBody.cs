using System.Text.Json;

namespace OnnxServing;

/// <summary>The JSON of an inference request, as it came.</summary>
internal sealed record InferBody
{
    /// <summary>What the answer must have, too.</summary>
    public string? Id { get; init; }

    /// <summary>Of the request.</summary>
    public Dictionary<string, JsonElement>? Parameters { get; init; }

    /// <summary>The tensors.</summary>
    public IReadOnlyList<InferInput?>? Inputs { get; init; }

    /// <summary>What is wanted; null or empty: all.</summary>
    public IReadOnlyList<InferOutput?>? Outputs { get; init; }
}

/// <summary>A tensor of a request.</summary>
internal sealed record InferInput
{
    /// <summary>The input's name.</summary>
    public string? Name { get; init; }

    /// <summary>The size of each dimension.</summary>
    public long[]? Shape { get; init; }

    /// <summary>The type of the values.</summary>
    public string? Datatype { get; init; }

    /// <summary>Of the tensor.</summary>
    public Dictionary<string, JsonElement>? Parameters { get; init; }

    /// <summary>The values, unless they stand behind the JSON.</summary>
    public ByteTensor? Data { get; init; }
}

/// <summary>An output that is wanted.</summary>
internal sealed record InferOutput
{
    /// <summary>The output's name.</summary>
    public string? Name { get; init; }

    /// <summary>Of the output.</summary>
    public Dictionary<string, JsonElement>? Parameters { get; init; }
}
