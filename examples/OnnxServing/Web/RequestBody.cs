using Microsoft.AspNetCore.Http;

namespace OnnxServing;

/// <summary>The bytes of a request.</summary>
internal static class RequestBody
{
    /// <summary>Reads all of a body, which the server has bounded.</summary>
    /// <exception cref="RefusedRequestException">It is compressed.</exception>
    public static async Task<ArraySegment<byte>> Read(HttpRequest request, CancellationToken token)
    {
        if (request.Headers.ContentEncoding.Count > 0)
        {
            throw new RefusedRequestException(
                $"The body must not be compressed, but its Content-Encoding is '{request.Headers.ContentEncoding}'.",
                StatusCodes.Status415UnsupportedMediaType);
        }

        return await Read(request.Body, request.ContentLength, token);
    }

    /// <summary>Reads all of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="length">How long it is said to be; no more is believed than a little at first.</param>
    /// <param name="token">Ends the reading.</param>
    public static async Task<ArraySegment<byte>> Read(Stream stream, long? length, CancellationToken token)
    {
        using var bytes = new MemoryStream((int)Math.Min(length ?? 0, 1 << 20));
        await stream.CopyToAsync(bytes, token);
        return new ArraySegment<byte>(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
