using Conversations.Domain;
using NodaTime;
using Xunit;

namespace Conversations.Channels.Tests.X;

/// <summary>The older Account Activity API. The brand is user 1000, customers are 77 and 88.</summary>
public sealed class AccountActivityTests
{
    private static string Envelope(string members, string user = "1000") => $$"""{"for_user_id":"{{user}}",{{members}}}""";

    private static string Post(string members = "", string author = "77", string id = "500", string text = "hello") => Envelope($$"""
        "tweet_create_events":[{"id":1,"id_str":"{{id}}","text":"{{text}}",
          "user":{"id_str":"{{author}}","name":"Ada","screen_name":"ada","followers_count":42}{{(members.Length > 0 ? "," + members : "")}}}]
        """);

    [Fact]
    public void A_root_post_starts_a_thread()
    {
        var message = Reading.Only<InboundCommand.Message>(Post(""" "created_at":"Wed Feb 05 08:39:31 +0000 2020","favorite_count":2,"reply_count":1 """));

        Assert.Equal("500:77", message.Thread);
        Assert.Equal(
            new InboundMessage(
                "500", Direction.Inbound, Visibility.Public, Instant.FromUtc(2020, 2, 5, 8, 39, 31), new Author("77", "Ada", "@ada", 42), "hello",
                Engagement: 3),
            message.Content);
    }

    [Fact]
    public void A_reply_names_its_parent_so_that_the_parents_thread_can_be_found()
    {
        var reply = Reading.Only<InboundCommand.Reply>(Post(""" "in_reply_to_status_id":9,"in_reply_to_status_id_str":"450","in_reply_to_user_id_str":"1000" """));

        Assert.Equal(("450:77", "450", "450"), (reply.Thread, reply.ParentExternalId, reply.Content.ReplyTo));
    }

    [Fact]
    public void A_reply_joins_its_parents_root_but_keeps_its_own_customer()
    {
        var reply = Reading.Only<InboundCommand.Reply>(Post(""" "in_reply_to_status_id_str":"450" """)).Content;

        Assert.Equal("400:77", Reading.Channel.ThreadOfReply("400:77", reply));
        Assert.Equal("400:77", Reading.Channel.ThreadOfReply("400:88", reply));
        Assert.Equal("400:88", Reading.Channel.ThreadOfReply("400:77", reply with { Echo = true, Customer = new Author("88") }));
    }

    [Fact]
    public void The_brands_reply_is_an_echo_to_the_person_replied_to()
    {
        var reply = Reading.Only<InboundCommand.Reply>(Post(
            """ "in_reply_to_status_id_str":"450","in_reply_to_user_id_str":"77","in_reply_to_screen_name":"ada" """, author: "1000"));

        Assert.Equal(("450:77", Direction.Outbound, true), (reply.Thread, reply.Content.Direction, reply.Content.Echo));
        Assert.Equal(new Author("77", Handle: "@ada"), reply.Content.Customer);
    }

    [Fact]
    public void The_brands_own_root_post_is_no_conversation() => Assert.Empty(Reading.Commands(Post(author: "1000")));

    [Fact]
    public void A_further_part_of_the_brands_reply_belongs_to_the_customer_X_put_in_front()
    {
        var reply = Reading.Only<InboundCommand.Reply>(Post(
            """
            "in_reply_to_status_id_str":"499","in_reply_to_user_id_str":"1000","display_text_range":[5,12],
            "entities":{"user_mentions":[{"id_str":"77","screen_name":"ada","indices":[0,4]}]}
            """,
            author: "1000", text: "@ada more"));

        Assert.Equal(("499:77", "more"), (reply.Thread, reply.Content.Text));
    }

    [Fact]
    public void A_truncated_post_is_read_in_full_with_all_its_pictures()
    {
        var message = Reading.Message(Post(
            """
            "truncated":true,"display_text_range":[0,140],
            "extended_tweet":{"full_text":"@brand the whole &lt;text&gt;","display_text_range":[7,20],"extended_entities":{"media":[
              {"type":"photo","media_url_https":"https://pbs.example/1.jpg"},{"type":"photo","media_url_https":"https://pbs.example/2.jpg"}]}}
            """,
            text: "@brand the…")).Content;

        Assert.Equal("the whole <text>", message.Text);
        Assert.Equal(2, message.Attachments?.Count);
    }

    [Fact]
    public void An_edit_is_a_new_version_of_its_first_id()
    {
        var (thread, message) = Reading.Message(Post(""" "edit_history_tweet_ids":["500","501"] """, id: "501"));
        Assert.Equal(("500:77", "501", "500"), (thread, message.ExternalId, message.EditOf));
    }

    [Fact]
    public void A_retweet_is_ignored_and_a_quote_is_a_thread_of_its_own()
    {
        Assert.Empty(Reading.Commands(Post(""" "retweeted_status":{"id_str":"450"} """)));
        Assert.Equal("500:77", Reading.Message(Post(""" "is_quote_status":true,"quoted_status":{"id_str":"450","user":{"id_str":"1000"}} """)).Thread);
    }

    [Fact]
    public void Several_kinds_in_one_envelope_are_all_read()
    {
        var commands = Reading.Commands(Envelope("""
            "tweet_create_events":[{"id_str":"500","text":"a","user":{"id_str":"77"}},{"id_str":"501","text":"b","user":{"id_str":"88"}}],
            "tweet_delete_events":[{"status":{"id":"499","user_id":"77"},"timestamp_ms":"1432228155593"}],
            "direct_message_events":[{"type":"message_create","id":"900","message_create":{"sender_id":"77","target":{"recipient_id":"1000"},"message_data":{"text":"c"}}}],
            "direct_message_mark_read_events":[{"sender_id":"77","target":{"recipient_id":"1000"},"last_read_event_id":"901"}],
            "direct_message_indicate_typing_events":[{"sender_id":"77"}],
            "favorite_events":[{}], "follow_events":[{}], "block_events":[{}], "mute_events":[{}], "events_of_the_future":[{}]
            """));

        Assert.Equal(
            ["500", "501", "499", "900", "901"],
            commands.Select(command => command switch
            {
                InboundCommand.Message message => message.Content.ExternalId,
                InboundCommand.Change change => change.ExternalId,
                _ => "?",
            }));
        Assert.Equal(new MessageChange.Deleted(Instant.FromUnixTimeMilliseconds(1432228155593)), ((InboundCommand.Change)commands[2]).What);
    }

    [Fact]
    public void Direct_messages_know_their_people_and_share_the_thread_with_the_newer_API()
    {
        var (thread, message) = Reading.Message(Envelope("""
            "direct_message_events":[{"type":"message_create","id":"900","created_timestamp":"1516403560557","message_create":
              {"sender_id":"1000","target":{"recipient_id":"77"},"message_data":{"text":"hi"}}}],
            "users":{"77":{"id":"wrong","name":"Ada","screen_name":"ada","followers_count":42}}
            """));

        Assert.Equal("dm:77:1000", thread);
        Assert.Equal(new Author("77", "Ada", "@ada", 42), message.Customer);
        Assert.True(message.Echo);
    }

    [Fact]
    public void Revoked_access_is_told_only_for_our_own_user()
    {
        string Revoke(string user) => $$$$$"""{"user_event":{"revoke":{"date_time":"2026-01-01T00:00:00Z","target":{"app_id":"5"},"source":{"user_id":"{{{{{user}}}}}"}}}}""";
        Assert.IsType<InboundCommand.Revoked>(Assert.Single(Reading.Commands(Revoke("1000"))));
        Assert.Empty(Reading.Commands(Revoke("77")));
    }

    [Fact]
    public void An_envelope_for_another_user_is_not_ours() =>
        Assert.Empty(Reading.Commands(Envelope(""" "tweet_create_events":[{"id_str":"500","text":"a","user":{"id_str":"77"}}] """, user: "2000")));
}
