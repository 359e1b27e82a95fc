using System.Text;
using System.Text.Json;
using Conversations.Domain;
using Xunit;

namespace Conversations.Channels.Tests.X;

/// <summary>Real webhooks of both APIs. What is expected is told as one line for each command.</summary>
public sealed class SampleTests
{
    [Theory]
    [InlineData("xaa-post-mention-create.json", "inbound public")]
    [InlineData("xaa-dm-received.json", "inbound private")]
    [InlineData("xaa-post-create.json", "")]
    [InlineData("xaa-post-repost-create.json", "")]
    [InlineData("xaa-like-create.json", "")]
    [InlineData("xaa-follow-follow.json", "")]
    [InlineData("xaa-oauth-revoke.json", "revoked")]
    [InlineData("aaa-tweet_create_events-mention.json", "inbound public")]
    [InlineData("aaa-direct_message_events.json", "inbound private")]
    [InlineData("aaa-direct_message_events-text.json", "inbound private")]
    [InlineData("aaa-direct_message_indicate_typing_events.json", "")]
    [InlineData("aaa-replay_job_status-complete.json", "")]
    public void A_recorded_webhook_is_read(string file, string expected)
    {
        var body = Samples.Read("x", file);
        Assert.Equal(expected, string.Join(", ", Read(body).Select(Told)));
    }

    [Fact]
    public void Every_recorded_webhook_is_accepted()
    {
        var files = Directory.GetFiles(Samples.Folder("x"), "*.json").Where(file => !file.EndsWith("-vectors.json", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Read(File.ReadAllBytes(file)));
    }

    [Fact]
    public void A_recorded_mention_keeps_author_audience_time_and_thread()
    {
        var body = Samples.Read("x", "xaa-post-mention-create.json");
        using var json = JsonDocument.Parse(body);
        var payload = json.RootElement.GetProperty("data").GetProperty("payload");
        var author = payload.GetProperty("author_id").GetString()!;
        var message = Assert.IsType<InboundCommand.Message>(Assert.Single(Read(body)));

        Assert.Equal($"{payload.GetProperty("conversation_id").GetString()}:{author}", message.Thread);
        Assert.Equal(payload.GetProperty("text").GetString(), message.Content.Text);
        Assert.Equal(payload.GetProperty("created_at").GetDateTimeOffset(), message.Content.SentAt!.Value.ToDateTimeOffset());
        Assert.Equal(author, message.Content.Author.Id);
        Assert.StartsWith("@", message.Content.Author.Handle, StringComparison.Ordinal);
        Assert.NotNull(message.Content.Author.Name);
        Assert.True(message.Content.Author.Followers > 0);
        Assert.Equal(0, message.Content.Engagement);
    }

    [Fact]
    public void A_recorded_direct_message_keeps_author_audience_time_and_thread()
    {
        foreach (var file in new[] { "xaa-dm-received.json", "aaa-direct_message_events.json" })
        {
            var message = Assert.IsType<InboundCommand.Message>(Assert.Single(Read(Samples.Read("x", file))));

            Assert.StartsWith("dm:", message.Thread, StringComparison.Ordinal);
            Assert.Contains(message.Content.Author.Id, message.Thread, StringComparison.Ordinal);
            Assert.NotNull(message.Content.SentAt);
            Assert.NotNull(message.Content.Author.Handle);
            Assert.True(message.Content.Author.Followers > 0);
            Assert.NotEmpty(message.Content.Text);
        }
    }

    /// <summary>As the account the webhook was recorded for.</summary>
    private static IReadOnlyList<InboundCommand> Read(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        var root = json.RootElement;
        var brand = root.TryGetProperty("for_user_id", out var user) ? user.GetString()
            : !root.TryGetProperty("data", out var data) ? null
            : data.GetProperty("filter").TryGetProperty("user_id", out user) ? user.GetString()
            : data.GetProperty("payload").TryGetProperty("user_id", out user) ? user.GetString() : null;
        return Reading.Commands(Encoding.UTF8.GetString(body), brand ?? Reading.Brand);
    }

    private static string Told(InboundCommand command) => command switch
    {
        InboundCommand.Message { Content: var content } => Told(content),
        InboundCommand.Reply { Content: var content } => "reply " + Told(content),
        InboundCommand.Revoked => "revoked",
        _ => "change",
    };

    private static string Told(InboundMessage message) => $"{message.Direction} {message.Visibility}".ToLowerInvariant();
}
