using System.Security.Cryptography;
using Faas.Contracts.Functions;
using Faas.Events.Webhooks;

namespace Faas.Events.Tests.Webhooks;

/// <summary>The schemes' signatures, with the vectors that their makers have published.</summary>
public sealed class SignatureTests
{
    private const string GithubSecret = "It's a Secret to Everybody";
    private const string StandardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string StandardBody = """{"test": 2432232314}""";
    private const string StripeSecret = "whsec_stripe";

    private static readonly DateTimeOffset StandardTime = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    private static readonly WebhookSpec Github = new() { Scheme = WebhookScheme.Github, Secret = "x" };
    private static readonly WebhookSpec Stripe = new() { Scheme = WebhookScheme.Stripe, Secret = "x" };
    private static readonly WebhookSpec Standard = new() { Scheme = WebhookScheme.Standard, Secret = "x" };
    private static readonly WebhookSpec Own = new() { Scheme = WebhookScheme.Hmac, Secret = "x" };

    private static WebhookCall GithubVector => WebhookCall.Of("Hello, World!", ("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"));

    private static WebhookCall StandardVector => WebhookCall.Of(
        StandardBody, ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"), ("webhook-timestamp", "1614265330"), ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));

    [Fact]
    public void The_vector_of_GitHub_s_documentation_passes_and_nothing_near_it_does()
    {
        Assert.Null(Check(Github, GithubVector, GithubSecret));
        Assert.Equal(401, Check(Github, GithubVector, "It's a secret to everybody")?.Status);
        Assert.Equal(401, Check(Github, GithubVector.WithBody("Hello, World."), GithubSecret)?.Status);
        Assert.Equal(401, Check(Github, GithubVector.With("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18"), GithubSecret)?.Status);
        Assert.Equal(401, Check(Github, GithubVector.With("x-hub-signature-256", "sha256=757107ea"), GithubSecret)?.Status);
    }

    [Fact]
    public void The_vector_of_Standard_Webhooks_passes_and_nothing_near_it_does()
    {
        Assert.Null(Check(Standard, StandardVector, StandardSecret, StandardTime));
        Assert.Null(Check(Standard, StandardVector, StandardSecret["whsec_".Length..], StandardTime));
        Assert.Equal(401, Check(Standard, StandardVector.WithBody("""{"test":2432232314}"""), StandardSecret, StandardTime)?.Status);
        Assert.Equal(401, Check(Standard, StandardVector.With("webhook-id", "msg_other"), StandardSecret, StandardTime)?.Status);
        Assert.Equal(401, Check(Standard, StandardVector.With("webhook-timestamp", "1614265331"), StandardSecret, StandardTime)?.Status);
        Assert.Equal(401, Check(Standard, StandardVector, "whsec_" + Convert.ToBase64String(new byte[24]), StandardTime)?.Status);
    }

    [Fact]
    public void Stripe_s_construction_passes_and_nothing_near_it_does()
    {
        var call = WebhookCall.Stripe(StripeSecret, "{}", StandardTime);
        Assert.Null(Check(Stripe, call, StripeSecret, StandardTime));
        Assert.Equal(401, Check(Stripe, call, "whsec_other", StandardTime)?.Status);
        Assert.Equal(401, Check(Stripe, call.WithBody("{ }"), StripeSecret, StandardTime)?.Status);
        var signature = call.Headers.First(header => header.Name == "Stripe-Signature").Value;
        Assert.Equal(401, Check(Stripe, call.With("Stripe-Signature", signature.Replace("t=1614265330", "t=1614265331", StringComparison.Ordinal)), StripeSecret, StandardTime)?.Status);
        Assert.Null(Check(Stripe, call.With("Stripe-Signature", signature.Replace(",v1=", ",v1=00ff,v1=", StringComparison.Ordinal)), StripeSecret, StandardTime));
    }

#pragma warning disable CA5350   // SHA-1 is what some senders offer
    [Theory]
    [InlineData(WebhookHash.Sha1, WebhookEncoding.Hex, null)]
    [InlineData(WebhookHash.Sha256, WebhookEncoding.Base64, null)]
    [InlineData(WebhookHash.Sha256, WebhookEncoding.Hex, "sha256=")]
    [InlineData(WebhookHash.Sha512, WebhookEncoding.Base64, "v0=")]
    public void An_own_header_is_read_as_the_spec_says(WebhookHash hash, WebhookEncoding encoding, string? prefix)
    {
        var (key, body) = ("secret"u8.ToArray(), "body"u8.ToArray());
        var mac = hash switch { WebhookHash.Sha1 => HMACSHA1.HashData(key, body), WebhookHash.Sha512 => HMACSHA512.HashData(key, body), _ => HMACSHA256.HashData(key, body) };
        var signature = prefix + (encoding == WebhookEncoding.Hex ? Convert.ToHexString(mac) : Convert.ToBase64String(mac));
        var spec = Own with { Hash = hash, Encoding = encoding, Prefix = prefix, Header = "X-My-Signature" };
        Assert.Null(Check(spec, WebhookCall.Of("body", ("x-my-signature", signature)), "secret"));
        Assert.Equal(401, Check(spec, WebhookCall.Of("Body", ("x-my-signature", signature)), "secret")?.Status);
        Assert.Contains("X-My-Signature is missing", Check(spec, WebhookCall.Of("body", ("X-Signature", signature)), "secret")?.Detail, StringComparison.Ordinal);
    }

#pragma warning restore CA5350

    [Fact]
    public void Each_of_several_secrets_counts()
    {
        foreach (var secrets in (string[][])[["old", GithubSecret], [GithubSecret, "new"]])
        {
            Assert.Null(Check(Github, GithubVector, secrets));
        }

        Assert.Equal(401, Check(Github, GithubVector, ["old", "new"])?.Status);
        Assert.Null(Check(Standard, StandardVector, ["whsec_" + Convert.ToBase64String(new byte[24]), StandardSecret], StandardTime));
    }

    [Theory]
    [InlineData(-300, true)]
    [InlineData(300, true)]
    [InlineData(-301, false)]
    [InlineData(301, false)]
    public void A_signed_time_may_be_five_minutes_away(int seconds, bool passes)
    {
        var now = StandardTime.AddSeconds(seconds);
        foreach (var fault in (SignatureFault?[])[Check(Standard, StandardVector, StandardSecret, now), Check(Stripe, WebhookCall.Stripe(StripeSecret, "{}", StandardTime), StripeSecret, now)])
        {
            Assert.Equal(passes ? null : 400, fault?.Status);
            Assert.Equal(passes, fault?.Detail.Contains("tolerance is 300 s", StringComparison.Ordinal) != true);
        }
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("-1")]
    [InlineData("1614265330.5")]
    [InlineData("")]
    public void A_time_that_is_none_is_refused(string time)
    {
        Assert.NotNull(Check(Standard, StandardVector.With("webhook-timestamp", time), StandardSecret, StandardTime));
        Assert.NotNull(Check(Stripe, WebhookCall.Of("{}", ("Stripe-Signature", $"t={time},v1={WebhookCall.Hex(StripeSecret, time + ".{}")}")), StripeSecret, StandardTime));
    }

    [Fact]
    public void A_missing_header_is_named_and_nothing_says_what_would_be_right()
    {
        Assert.Contains("X-Hub-Signature-256 is missing", Check(Github, WebhookCall.Of("Hello, World!"), GithubSecret)?.Detail, StringComparison.Ordinal);
        Assert.Contains("Stripe-Signature is missing", Check(Stripe, WebhookCall.Of("{}"), StripeSecret)?.Detail, StringComparison.Ordinal);
        foreach (var header in (string[])["webhook-id", "webhook-timestamp", "webhook-signature"])
        {
            Assert.Contains($"{header} is missing", Check(Standard, StandardVector.Without(header), StandardSecret, StandardTime)?.Detail, StringComparison.Ordinal);
        }

        foreach (var signature in (string[])["", "sha256=", "sha256=zz", "sha1=00", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"])
        {
            var fault = Check(Github, GithubVector.With("x-hub-signature-256", signature), GithubSecret);
            Assert.Equal(401, fault?.Status);
            Assert.DoesNotContain("757107ea", fault?.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_this_platform_sends_to_callbacks_passes()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        const string Id = "01jd.1.callback";
        var call = WebhookCall.Of("result", ("webhook-id", Id), ("webhook-timestamp", CallbackSigner.Timestamp(StandardTime)),
            ("webhook-signature", new CallbackSigner(key).Sign(Id, StandardTime, "result"u8)));
        Assert.Null(Check(Standard, call, "whsec_" + Convert.ToBase64String(key), StandardTime));
    }

    [Fact]
    public void A_secret_that_is_none_of_its_scheme_is_noticed_before_a_sender_comes()
    {
        Assert.Contains("base64", WebhookSchemes.Of(Standard).ProblemOf("whsec_not base64!"), StringComparison.Ordinal);
        Assert.Null(WebhookSchemes.Of(Standard).ProblemOf(StandardSecret));
        var kind = new WebhookKind();
        Assert.StartsWith("webhook.secret: must be", kind.ProblemOf("a/b", new TriggerSpec { Webhook = Standard with { Secret = "${A} plain-text" } }), StringComparison.Ordinal);
        Assert.Null(kind.ProblemOf("a/b", new TriggerSpec { Webhook = Standard with { Secret = $"${{A}} {StandardSecret}" } }));
    }

    private static SignatureFault? Check(WebhookSpec spec, WebhookCall call, string secret, DateTimeOffset? now = null) => Check(spec, call, [secret], now);

    private static SignatureFault? Check(WebhookSpec spec, WebhookCall call, string[] secrets, DateTimeOffset? now = null) =>
        WebhookSchemes.Of(spec).Check(spec, secrets, WebhookRequest.Of(call.Headers, call.Body), now ?? EventsFixture.Noon);
}
