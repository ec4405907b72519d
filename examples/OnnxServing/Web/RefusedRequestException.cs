using Microsoft.AspNetCore.Http;

namespace OnnxServing;

/// <summary>A request that is wrong in itself.</summary>
/// <param name="message">What, what is expected, and what was found.</param>
/// <param name="status">The answer's status.</param>
internal sealed class RefusedRequestException(string message, int status = StatusCodes.Status400BadRequest) : Exception(message)
{
    /// <summary>The answer's status.</summary>
    public int StatusCode => status;
}
