using System.Text.Json;
using Faas.Controller.Functions;
using Faas.Storage;

namespace Faas.Controller.Api;

/// <summary>Turns every exception of the management API into a problem that says what to do, never into a stack trace.</summary>
internal sealed partial class ProblemBoundary(RequestDelegate next, ILogger<ProblemBoundary> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The caller went away; there is nobody to answer.
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            await Answer(e).ExecuteAsync(http);
        }
    }

    private IResult Answer(Exception exception)
    {
        switch (exception)
        {
            case DeployException deploy:
                return ApiResults.Problem(deploy.ToProblem());
            case BundleException bundle:
                return ApiResults.Problem(
                    bundle.Failure == BundleFailure.TooLarge ? 413 : 422,
                    bundle.Failure == BundleFailure.TooLarge ? "BundleTooLarge" : "InvalidBundle",
                    "The bundle is refused", bundle.Message);
            case BadHttpRequestException { InnerException: JsonException json }:
                return ApiResults.Problem(400, "InvalidJson", "The body is not what was expected", json.Message);
            case BadHttpRequestException bad:
                return ApiResults.Problem(bad.StatusCode, bad.StatusCode == 413 ? "TooLarge" : "BadRequest", "Bad request", bad.Message);
            default:
                Log.Failed(logger, exception);
                return ApiResults.Problem(500, "Internal", "The platform failed", "the controller met an error it did not expect; its log says more");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2401, LogLevel.Error, "A request to the management API failed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
