using System.Text;
using System.Text.Json;
using Conversations.Channels.X;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Conversations.Channels.Tests.X;

public sealed class SignatureTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"for_user_id":"1000","text":"Grüße 👋"}""");

    [Fact]
    public void The_published_vectors_hold()
    {
        using var vectors = JsonDocument.Parse(Samples.Read("x", "signature-vectors.json"));
        var all = vectors.RootElement.GetProperty("vectors").EnumerateArray().ToList();
        Assert.NotEmpty(all);
        foreach (var vector in all)
        {
            string Of(string name) => vector.GetProperty(name).GetString()!;
            Assert.Equal(Of("expected"), XSignature.Of(Of("secret"), Encoding.UTF8.GetBytes(Of("message"))));
        }
    }

    [Fact]
    public void A_challenge_is_answered_with_the_signed_token()
    {
        var answer = Assert.IsType<WebhookResult.Challenge>(Reading.Get(Reading.Secrets(), "to\"ken/+"));

        Assert.Equal("application/json", answer.ContentType);
        using var json = JsonDocument.Parse(answer.Body);
        Assert.Equal(XDouble.Sign(Reading.Secret, "to\"ken/+"u8), json.RootElement.GetProperty("response_token").GetString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void A_challenge_without_a_token_is_refused(string? token) =>
        Assert.Equal("missing_crc_token", Assert.IsType<WebhookResult.Refused>(Reading.Get(Reading.Secrets(), token)).Code);

    [Theory]
    [InlineData("X-Twitter-Webhooks-Signature")]
    [InlineData("x-twitter-webhooks-signature")]
    [InlineData("X-TWITTER-WEBHOOKS-SIGNATURE")]
    public void The_header_is_found_in_any_case(string header) =>
        Assert.IsType<WebhookResult.Accepted>(Reading.Post(Body, header: header));

    [Fact]
    public void A_request_without_a_signature_is_refused() => Refused(Reading.Post(Body, header: "x-other"));

    [Theory]
    [InlineData("")]
    [InlineData("sha256=")]
    [InlineData("sha1=abc")]
    [InlineData("Grüße")]
    public void A_signature_of_another_form_is_refused(string signature) => Refused(Reading.Post(Body, signature: signature));

    [Fact]
    public void A_signature_by_another_secret_is_refused() => Refused(Reading.Post(Body, signature: XDouble.Sign("other", Body)));

    [Fact]
    public void A_signature_of_other_bytes_is_refused() =>
        Refused(Reading.Post(Body, signature: XDouble.Sign(Reading.Secret, Body.AsSpan(0, Body.Length - 1))));

    [Fact]
    public void Every_changed_character_of_a_signature_is_noticed()
    {
        var genuine = XDouble.Sign(Reading.Secret, Body);
        for (var i = 0; i < genuine.Length; i++)
        {
            var forged = genuine.ToCharArray();
            forged[i] = forged[i] == 'A' ? 'B' : 'A';
            Refused(Reading.Post(Body, signature: new string(forged)));
        }
    }

    [Fact]
    public void Two_signatures_are_refused_even_if_one_is_genuine()
    {
        var headers = new HeaderDictionary { [XSignature.Header] = new([XDouble.Sign(Reading.Secret, Body), "sha256=other"]) };
        Refused(Reading.Channel.Read(new WebhookRequest("POST", headers, new QueryCollection(), Body), Reading.Secrets()));
    }

    [Fact]
    public void Without_a_consumer_secret_nothing_is_genuine()
    {
        var none = new ChannelSecrets("1000", new Dictionary<string, string>(), new Dictionary<string, string>());
        var empty = none with { Secrets = new Dictionary<string, string> { [XChannel.ConsumerSecret] = "" } };
        var headers = new HeaderDictionary { [XSignature.Header] = XDouble.Sign("", Body) };
        foreach (var secrets in new[] { none, empty })
        {
            Assert.Equal(("no_consumer_secret", 401), Read(Reading.Get(secrets, "token")));
            Assert.Equal(
                ("no_consumer_secret", 401), Read(Reading.Channel.Read(new WebhookRequest("POST", headers, new QueryCollection(), Body), secrets)));
        }

        static (string, int) Read(WebhookResult result) => Assert.IsType<WebhookResult.Refused>(result) is var refused ? (refused.Code, refused.Status) : default;
    }

    [Theory]
    [InlineData("{\"data\":")]
    [InlineData("")]
    [InlineData("not json")]
    public void Signed_bytes_that_are_no_JSON_are_accepted_and_reported_because_a_repetition_would_be_the_same(string body)
    {
        var accepted = Assert.IsType<WebhookResult.Accepted>(Reading.Post(Encoding.UTF8.GetBytes(body)));

        Assert.Empty(accepted.Commands);
        Assert.Equal("malformed_json", accepted.Unread);
    }

    private static void Refused(WebhookResult result)
    {
        var refused = Assert.IsType<WebhookResult.Refused>(result);
        Assert.Equal((401, "invalid_signature"), (refused.Status, refused.Code));
    }
}
