using Microsoft.AspNetCore.Http;

namespace OnnxServing;

/// <summary>
/// Bounds what a server takes on: so many requests at once, whose bodies are in memory, and one computation a core, which takes the memory
/// of its images.
/// </summary>
internal sealed class RequestGate(int maxRequests, ServerMetrics metrics) : IDisposable
{
    private readonly SemaphoreSlim _room = new(maxRequests);
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);

    /// <summary>Answers a request, or tells it to come again.</summary>
    /// <param name="context">The request.</param>
    /// <param name="endpoint">Its name among the metrics.</param>
    /// <param name="answer">Answers it.</param>
    /// <param name="problem">Makes the answer of a message and a status.</param>
    public async Task<IResult> Answer(
        HttpContext context, string endpoint, Func<CancellationToken, Task<IResult>> answer, Func<string, int, IResult> problem)
    {
        if (!_room.Wait(0, CancellationToken.None))
        {
            metrics.Refuse(endpoint);
            context.Response.Headers.RetryAfter = "1";
            return problem($"{maxRequests} requests are being answered; try again.", StatusCodes.Status503ServiceUnavailable);
        }

        var (begun, status) = (metrics.Begin(endpoint), StatusCodes.Status500InternalServerError);
        try
        {
            var result = await AnswerOrTell(answer, problem, context.RequestAborted);
            status = (result as IStatusCodeHttpResult)?.StatusCode ?? StatusCodes.Status200OK;
            return result;
        }
        finally
        {
            metrics.End(endpoint, status, begun);
            _room.Release();
        }
    }

    /// <summary>Waits for a core and computes on it.</summary>
    /// <param name="images">How many images are scored.</param>
    /// <param name="compute">Computes.</param>
    /// <param name="token">Ends the waiting.</param>
    public async Task<T> Compute<T>(int images, Func<T> compute, CancellationToken token)
    {
        await _cores.WaitAsync(token);
        try
        {
            var answer = compute();
            metrics.Scored(images);
            return answer;
        }
        finally
        {
            _cores.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _room.Dispose();
        _cores.Dispose();
    }

    private static async Task<IResult> AnswerOrTell(
        Func<CancellationToken, Task<IResult>> answer, Func<string, int, IResult> problem, CancellationToken token)
    {
        try
        {
            return await answer(token);
        }
        catch (RefusedRequestException error)
        {
            return problem(error.Message, error.StatusCode);
        }
        catch (UnreadableImageException error)
        {
            return problem(error.Message, StatusCodes.Status400BadRequest);
        }
        catch (InvalidDataException error)
        {
            return problem(error.Message, StatusCodes.Status500InternalServerError);
        }
        catch (BadHttpRequestException error)
        {
            // Too large a body is one: the server knows the status.
            return problem(error.Message, error.StatusCode);
        }
    }
}
