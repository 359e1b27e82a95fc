using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Conversations.Channels.Tests.X;

/// <summary>Whatever is in a genuine webhook, it is accepted and what comes out is fit for the journal.</summary>
public sealed class RobustnessTests
{
    private static readonly string[] Seeds =
    [
        """{"data":{"event_uuid":"-1","filter":{"user_id":"1000"},"event_type":"post.reply.create","payload":{"id":"500","author_id":"77","text":"@brand a\u0000\ud83d &amp;","created_at":"2026-07-24T21:23:23.000Z","conversation_id":"400","in_reply_to_user_id":"1000","referenced_tweets":[{"type":"replied_to","id":"450"}],"edit_history_tweet_ids":["499","500"],"display_text_range":[7,9],"entities":{"mentions":[{"start":0,"end":6,"id":"1000"}]},"attachments":{"media_keys":["1"]},"public_metrics":{"impression_count":3}},"includes":{"users":[{"id":"77","public_metrics":{"followers_count":5}}],"media":[{"media_key":"1","url":"https://a.example/x"}],"tweets":[{"id":"450","author_id":"1000"}]}}}""",
        """{"data":{"filter":{"user_id":"1000"},"event_type":"post.create","payload":{"id":"500","author_id":"1000","text":"x","in_reply_to_user_id":"77"}}}""",
        """{"data":{"filter":{},"event_type":"oauth.revoke","payload":{"user_id":"1000"}}}""",
        """{"data":{"filter":{"user_id":"1000"},"event_type":"dm.received","payload":{"direct_message_events":[{"type":"message_create","id":"9","created_timestamp":"1784928224372","message_create":{"sender_id":"77","target":{"recipient_id":"1000"},"message_data":{"text":"x","attachment":{"media":{"media_url_https":"https://a.example/x"}}}}}],"users":{"77":{"data":{"id":"77"}}}}}}""",
        """{"data":{"filter":{"user_id":"1000"},"event_type":"dm.read","payload":{"sender_id":"77","last_read_event_id":"9","created_timestamp":"-5"}}}""",
        """{"for_user_id":"1000","tweet_create_events":[{"id_str":"500","created_at":"Wed Feb 05 08:39:31 +0000 2020","timestamp_ms":"99999999999999999","text":"x","in_reply_to_status_id_str":"450","user":{"id_str":"77","followers_count":-1},"extended_tweet":{"full_text":"y","display_text_range":[2147483648,1]},"entities":{"user_mentions":[{"id_str":"1000","indices":[0,6]}]}}],"tweet_delete_events":[{"status":{"id":"1"}}],"direct_message_mark_read_events":[{"sender_id":"77","last_read_event_id":"9"}],"users":{"77":{"name":"A"}}}""",
    ];

    /// <summary>What values are exchanged for: every JSON type, and the strings and numbers that hurt.</summary>
    private static readonly string[] Intruders =
    [
        "null", "true", "0", "-1", "1e400", "99999999999999999999", "1.5", "\"\"", "\" \"", "\"1000\"", "\"77\"", "\"\\u0000\"", "\"\\udead\"", "\"\\ud800x\"",
        "{}", "[]", "[[]]", "[null]", "[1,2]", "{\"data\":{}}", "{\"id\":{}}", "{\"\\ud800\":1}", "\"9999-99-99T99:99:99Z\"", "\"0000-01-01T00:00:00Z\"", "\"9223372036854775807\"",
    ];

    [Fact]
    public void No_mutation_of_a_webhook_makes_reading_fail() =>
        Prop.ForAll(Mutations().ToArbitrary(), json => Reading.Commands(json).All(IsFit))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void No_bytes_make_reading_fail() =>
        Prop.ForAll(
            Gen.Elements(Seeds).SelectMany(seed => Gen.Choose(0, seed.Length - 1).SelectMany(at => Gen.Choose(0, 255).Select(value =>
            {
                var bytes = Encoding.UTF8.GetBytes(seed);
                bytes[at % bytes.Length] = (byte)value;
                return bytes;
            }))).ToArbitrary(),
            bytes => Reading.Post(bytes) is WebhookResult.Accepted accepted && accepted.Commands.All(IsFit))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void Reading_twice_tells_the_same() =>
        Prop.ForAll(Mutations().ToArbitrary(), json => Told(json) == Told(json)).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"data\"")]
    [InlineData("{}")]
    [InlineData("{\"data\":null}")]
    [InlineData("{\"data\":[{},null,5]}")]
    public void A_webhook_of_no_known_shape_says_nothing(string json) => Assert.Empty(Reading.Commands(json));

    [Fact]
    public void A_byte_order_mark_and_deep_nesting_do_no_harm()
    {
        Assert.Single(Reading.Commands("\uFEFF" + Seeds[0]));
        Assert.Empty(Reading.Commands("{\"data\":" + new string('[', 300) + new string(']', 300) + "}"));
        Assert.Empty(Assert.IsType<WebhookResult.Accepted>(Reading.Post(Encoding.UTF8.GetBytes(new string('[', 100_000)))).Commands);
    }

    /// <summary>Several values of a webhook are exchanged, doubled or renamed.</summary>
    private static Gen<string> Mutations() =>
        from seed in Gen.Elements(Seeds)
        from count in Gen.Choose(1, 4)
        from changes in (
            from at in Gen.Choose(0, 10_000)
            from intruder in Gen.Elements(Intruders)
            from kind in Gen.Choose(0, 3)
            select (at, intruder, kind)).ListOf(count)
        select changes.Aggregate(seed, (json, change) => Mutated(json, change.at, change.intruder, change.kind));

    private static string Mutated(string json, int at, string intruder, int kind)
    {
        // Values start after a colon; where each ends is found by counting brackets outside strings.
        var starts = Enumerable.Range(0, json.Length - 1).Where(i => json[i] == ':' && json[i - 1] == '"').Select(i => i + 1).ToList();
        if (starts.Count == 0)
        {
            return json;
        }

        var start = starts[at % starts.Count];
        var end = End(json, start);
        return kind switch
        {
            0 => json[..start] + "[" + json[start..end] + "," + intruder + "]" + json[end..],
            1 => json[..start] + "{\"data\":" + json[start..end] + "}" + json[end..],
            _ => json[..start] + intruder + json[end..],
        };
    }

    private static int End(string json, int start)
    {
        var depth = 0;
        var inString = false;
        for (var i = start; i < json.Length; i++)
        {
            if (inString)
            {
                i += json[i] == '\\' ? 1 : 0;
                inString = json[i] != '"' || json[i - 1] == '\\';
                continue;
            }

            if (depth == 0 && json[i] is ',' or '}' or ']' && depth == 0)
            {
                return i;
            }

            depth += json[i] is '{' or '[' ? 1 : json[i] is '}' or ']' ? -1 : 0;
            inString = json[i] == '"';
        }

        return json.Length;
    }

    private static string Told(string json) => string.Join("|", Reading.Commands(json));

    private static bool IsFit(InboundCommand command)
    {
        var (thread, message) = command switch
        {
            InboundCommand.Message it => (it.Thread, it.Content),
            InboundCommand.Reply it => (it.Thread, it.Content),
            _ => ("-", null),
        };
        return thread.Length > 0 && (message is null || (
            message.ExternalId.Length > 0 && message.Author.Id.Length > 0 && (message.Text.Length > 0 || message.Attachments is { Count: > 0 })
            && new[] { message.Text, message.Author.Name ?? "", message.ExternalId, thread }.All(IsClean)));
    }

    private static bool IsClean(string text) => !text.Contains('\0') && text.EnumerateRunes().Aggregate(0, (sum, rune) => sum + rune.Utf16SequenceLength) == text.Length
        && Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;
}
