using System.Text;
using System.Text.Json;
using Faas.Contracts.Functions;

namespace Faas.Events.Webhooks;

/// <summary>
/// GitHub, and Gitea, Forgejo and others that sign alike (https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries). Events are described as CloudEvents' adapter for GitHub does
/// (https://github.com/cloudevents/spec/blob/main/cloudevents/adapters/github.md), but with the name of the event as GitHub writes it, and with the repository's page as their source.
/// </summary>
internal sealed class GithubScheme : IWebhookScheme
{
    private const string Signature = "X-Hub-Signature-256";
    private const string Prefix = "sha256=";
    private const string Payload = "payload=";
    private const string Anywhere = "https://github.com";

    /// <summary>Where bodies say what they are about.</summary>
    private static readonly Dictionary<string, string> Subjects = new(StringComparer.Ordinal)
    {
        ["push"] = "ref",
        ["create"] = "ref",
        ["delete"] = "ref",
        ["pull_request"] = "number",
        ["pull_request_review"] = "review.id",
        ["pull_request_review_comment"] = "comment.id",
        ["issues"] = "issue.number",
        ["issue_comment"] = "comment.id",
        ["commit_comment"] = "comment.id",
        ["check_run"] = "check_run.id",
        ["check_suite"] = "check_suite.id",
        ["deployment"] = "deployment.id",
        ["label"] = "label.name",
        ["milestone"] = "milestone.number",
        ["member"] = "member.login",
        ["workflow_run"] = "workflow_run.id",
    };

    public SignatureFault? Check(WebhookSpec spec, IReadOnlyList<string> secrets, WebhookRequest request, DateTimeOffset now)
    {
        if (request.Header(Signature) is not { Length: > 0 } given)
        {
            return SignatureFault.Missing(Signature);
        }

        return !given.StartsWith(Prefix, StringComparison.Ordinal) || BodySignature.Decode(given[Prefix.Length..], WebhookEncoding.Hex) is not { } signature
            ? SignatureFault.Malformed(Signature, "'sha256=' and the signature in hexadecimal")
            : BodySignature.IsOfAny(WebhookHash.Sha256, secrets.Select(Encoding.UTF8.GetBytes), "", request.Body.Span, [signature]) ? null : SignatureFault.Wrong(Signature);
    }

    /// <summary>With the content type that GitHub offers first, the JSON is a form's field.</summary>
    public WebhookRequest Unwrap(WebhookRequest request)
    {
        if (request.Header("content-type")?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            return request;
        }

        var field = Array.Find(Encoding.UTF8.GetString(request.Body.Span).Split('&'), field => field.StartsWith(Payload, StringComparison.Ordinal));
        if (field is null)
        {
            return request;
        }

        var json = Uri.UnescapeDataString(field[Payload.Length..].Replace('+', ' '));
        return new WebhookRequest(new Dictionary<string, string>(request.Headers, StringComparer.Ordinal) { ["content-type"] = "application/json" }, Encoding.UTF8.GetBytes(json));
    }

    public WebhookDelivery Read(WebhookSpec spec, WebhookRequest request, JsonElement? body)
    {
        var name = request.Header("X-GitHub-Event") is { Length: > 0 and <= 100 } given && given.All(IsOfName) ? given : null;
        var action = body.TextAt("action") is { } act && act.All(IsOfName) ? "." + act : "";
        return new WebhookDelivery
        {
            Id = request.Id("X-GitHub-Delivery"),
            Type = name is null ? null : $"com.github.{name}{action}",
            Source = body.TextAt("repository.html_url") ?? (body.TextAt("organization.login") is { } organization ? $"{Anywhere}/{Uri.EscapeDataString(organization)}" : Anywhere),
            Subject = name is not null && Subjects.TryGetValue(name, out var place) ? body.TextAt(place) : null,
        };
    }

    private static bool IsOfName(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '-';
}
