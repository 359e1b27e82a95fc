using Conversations.Domain;
using NodaTime;
using Xunit;

namespace Conversations.Channels.Tests.X;

/// <summary>The X Activity API. The brand is user 1000, customers are 77 and 88.</summary>
public sealed class ActivityTests
{
    private const string Users = """
        [{"id":"77","name":"Ada","username":"ada","public_metrics":{"followers_count":4200}},
         {"id":"1000","name":"Brand","username":"brand"}]
        """;

    private static string Event(string type, string payload, string includes = "{}", string filter = """{"user_id":"1000"}""") =>
        $$$"""{"data":{"event_uuid":"-6850472171600526495","filter":{{{filter}}},"event_type":"{{{type}}}","tag":"t","payload":{{{payload}}},"includes":{{{includes}}}}}""";

    private static string Post(string type, string members, string author = "77", string id = "500", string? text = "hello", string includes = "{}") =>
        Event(type, $$"""{"id":"{{id}}","author_id":"{{author}}","text":"{{text}}"{{(members.Length > 0 ? "," + members : "")}}}""", includes);

    [Fact]
    public void A_mention_starts_a_thread_of_its_conversation_and_author()
    {
        var (thread, message) = Reading.Message(Post(
            "post.mention.create", """ "conversation_id":"500","created_at":"2026-07-24T21:23:23.000Z" """, includes: $$"""{"users":{{Users}}}"""));

        Assert.Equal("500:77", thread);
        Assert.Equal(
            new InboundMessage(
                "500", Direction.Inbound, Visibility.Public, Instant.FromUtc(2026, 7, 24, 21, 23, 23), new Author("77", "Ada", "@ada", 4200), "hello"),
            message);
    }

    [Fact]
    public void The_same_post_as_mention_and_as_reply_is_one_message_in_one_thread()
    {
        const string members = """ "conversation_id":"400","in_reply_to_user_id":"1000","referenced_tweets":[{"type":"replied_to","id":"450"}] """;
        var one = Reading.Message(Post("post.mention.create", members));
        var other = Reading.Message(Post("post.reply.create", members));

        Assert.Equal(one, other);
        Assert.Equal(("400:77", "500", "450"), (one.Thread, one.Content.ExternalId, one.Content.ReplyTo));
    }

    [Fact]
    public void Two_customers_under_one_post_have_two_threads()
    {
        const string members = """ "conversation_id":"400" """;
        Assert.Equal("400:77", Reading.Message(Post("post.reply.create", members)).Thread);
        Assert.Equal("400:88", Reading.Message(Post("post.reply.create", members, author: "88")).Thread);
    }

    [Fact]
    public void A_quote_is_a_thread_of_its_own()
    {
        var (thread, message) = Reading.Message(Post(
            "post.quote.create", """ "conversation_id":"500","referenced_tweets":[{"type":"quoted","id":"450"}] """));

        Assert.Equal("500:77", thread);
        Assert.Null(message.ReplyTo);
    }

    [Fact]
    public void The_brands_reply_is_an_echo_in_the_customers_thread()
    {
        var (thread, message) = Reading.Message(Post(
            "post.create",
            """ "conversation_id":"400","in_reply_to_user_id":"77","in_reply_to_tweet_id":"450" """, author: "1000", includes: $$"""{"users":{{Users}}}"""));

        Assert.Equal("400:77", thread);
        Assert.True(message.Echo);
        Assert.Equal(Direction.Outbound, message.Direction);
        Assert.Equal(new Author("1000", "Brand", "@brand"), message.Author);
        Assert.Equal(new Author("77", "Ada", "@ada", 4200), message.Customer);
    }

    [Fact]
    public void The_brands_reply_without_in_reply_to_user_id_finds_the_customer_in_the_post_it_answers()
    {
        var (thread, _) = Reading.Message(Post(
            "post.create", """ "conversation_id":"400","referenced_tweets":[{"type":"replied_to","id":"450"}] """,
            author: "1000", includes: """{"tweets":[{"id":"450","author_id":"77"}]}"""));

        Assert.Equal("400:77", thread);
    }

    [Fact]
    public void A_further_part_of_the_brands_reply_belongs_to_the_customer_X_put_in_front()
    {
        var (thread, message) = Reading.Message(Post(
            "post.create",
            """
            "conversation_id":"400","in_reply_to_user_id":"1000","in_reply_to_tweet_id":"499","display_text_range":[5,20],
            "entities":{"mentions":[{"start":10,"end":16,"id":"88","username":"bob"},{"start":0,"end":4,"id":"77","username":"ada"}]}
            """,
            author: "1000", text: "@ada see @bob (2/2)"));

        Assert.Equal("400:77", thread);
        Assert.Equal(new Author("77", Handle: "@ada"), message.Customer);
        Assert.Equal("see @bob (2/2)", message.Text);
    }

    [Theory]
    [InlineData(""" "conversation_id":"500" """)]
    [InlineData(""" "conversation_id":"400","in_reply_to_user_id":"1000","in_reply_to_tweet_id":"400" """)]
    [InlineData(""" "conversation_id":"500","entities":{"mentions":[{"start":0,"end":4,"id":"77"}]},"display_text_range":[0,9] """)]
    public void The_brands_own_posts_to_nobody_are_no_conversation(string members) =>
        Assert.Empty(Reading.Commands(Post("post.create", members, author: "1000")));

    [Fact]
    public void A_post_without_conversation_id_hangs_on_its_parent()
    {
        var reply = Reading.Only<InboundCommand.Reply>(Post("post.reply.create", """ "in_reply_to_tweet_id":"450" """));
        Assert.Equal(("450:77", "450"), (reply.Thread, reply.ParentExternalId));
        Assert.Equal("500:77", Reading.Only<InboundCommand.Message>(Post("post.mention.create", "")).Thread);
    }

    [Fact]
    public void Leading_auto_mentions_of_a_reply_are_taken_off()
    {
        var text = Reading.Message(Post("post.reply.create", """ "display_text_range":[13,99] """, text: "@brand @ada2 where is my order?")).Content.Text;
        Assert.Equal("where is my order?", text);
    }

    [Fact]
    public void Display_ranges_count_code_points_but_only_mentions_are_ever_cut()
    {
        Assert.Equal("👋👋 hello", Reading.Message(Post("post.reply.create", """ "display_text_range":[3,9] """, text: "👋👋 hello")).Content.Text);
        Assert.Equal("👋 x", Reading.Message(Post("post.reply.create", """ "display_text_range":[7,9] """, text: "@brand 👋 x")).Content.Text);
        Assert.Equal("@brand", Reading.Message(Post("post.reply.create", """ "display_text_range":[6,6] """, text: "@brand")).Content.Text);
    }

    [Fact]
    public void Entities_are_decoded_once() =>
        Assert.Equal("a < b && c > d &lt;", Reading.Message(Post("post.mention.create", "", text: "a &lt; b &amp;&amp; c &gt; d &amp;lt;")).Content.Text);

    [Fact]
    public void A_long_post_is_read_in_full() =>
        Assert.Equal("all of it", Reading.Message(Post("post.mention.create", """ "note_tweet":{"text":"all of it"} """, text: "all…")).Content.Text);

    [Fact]
    public void NULs_and_half_surrogates_do_not_reach_the_journal()
    {
        const string text = """a\u0000b \ud83d c \ude00 \ud83d\ude00 \\u0000""";
        Assert.Equal("ab \uFFFD c \uFFFD 😀 \\u0000", Reading.Message(Post("post.mention.create", "", text: text)).Content.Text);
    }

    [Fact]
    public void An_edit_is_a_new_version_of_its_first_id_in_the_same_thread()
    {
        var (thread, message) = Reading.Message(Post(
            "post.mention.create", """ "conversation_id":"502","edit_history_tweet_ids":["500","501","502"] """, id: "502"));

        Assert.Equal(("500:77", "502", "500"), (thread, message.ExternalId, message.EditOf));
    }

    [Fact]
    public void A_post_never_edited_is_no_edit() =>
        Assert.Null(Reading.Message(Post("post.mention.create", """ "edit_history_tweet_ids":["500"] """)).Content.EditOf);

    [Fact]
    public void Photos_and_the_best_film_are_attached()
    {
        var message = Reading.Message(Post(
            "post.mention.create", """ "attachments":{"media_keys":["3_1","7_1"]} """,
            includes: """
                {"media":[
                  {"media_key":"3_1","type":"photo","url":"https://pbs.example/a.png"},
                  {"media_key":"9_9","type":"photo","url":"https://pbs.example/of-another-post.jpg"},
                  {"media_key":"7_1","type":"video","preview_image_url":"https://pbs.example/still.jpg","variants":[
                    {"content_type":"application/x-mpegURL","url":"https://v.example/list.m3u8"},
                    {"bit_rate":256000,"content_type":"video/mp4","url":"https://v.example/small.mp4"},
                    {"bit_rate":832000,"content_type":"video/mp4","url":"https://v.example/large.mp4"}]}]}
                """)).Content;

        Assert.Equal(
            [new Attachment("https://pbs.example/a.png", "image/png"), new Attachment("https://v.example/large.mp4", "video/mp4")], message.Attachments!);
    }

    [Theory]
    [InlineData("""{"impression_count":500,"like_count":3}""", 500L)]
    [InlineData("""{"impression_count":0,"reply_count":1,"retweet_count":2,"quote_count":3,"like_count":4}""", 10L)]
    [InlineData("""{"like_count":4}""", 4L)]
    [InlineData("{}", null)]
    public void Engagement_is_the_impressions_but_never_less_than_the_interactions(string metrics, long? expected) =>
        Assert.Equal(expected, Reading.Message(Post("post.mention.create", $$""" "public_metrics":{{metrics}} """)).Content.Engagement);

    [Fact]
    public void A_repost_is_not_a_message()
    {
        const string retweet = """ "referenced_tweets":[{"type":"retweeted","id":"450"}] """;
        Assert.Empty(Reading.Commands(Post("post.repost.create", retweet)));
        Assert.Empty(Reading.Commands(Post("post.mention.create", retweet)));
    }

    [Fact]
    public void A_deleted_post_is_a_change_with_the_same_event_id_each_time()
    {
        var change = Reading.Only<InboundCommand.Change>(Event("post.delete", """{"id":"500","author_id":"77"}"""));
        Assert.Equal(new InboundCommand.Change("delete:500", null, "500", new MessageChange.Deleted()), change);
    }

    [Theory]
    [InlineData("dm.received", "77", "1000", Direction.Inbound)]
    [InlineData("dm.sent", "1000", "77", Direction.Outbound)]
    [InlineData("dm.received", "1000", "77", Direction.Outbound)]
    public void Both_directions_of_direct_messages_share_a_thread(string type, string from, string to, Direction direction)
    {
        var (thread, message) = Reading.Message(Event(type, $$"""
            {"direct_message_events":[{"type":"message_create","id":"900","created_timestamp":"1784928224372",
              "message_create":{"sender_id":"{{from}}","target":{"recipient_id":"{{to}}"},"message_data":{"text":"hi &amp; bye"} } }],
             "users":{"77":{"data":{"id":"77","name":"Ada","username":"ada"} } } }
            """));

        Assert.Equal("dm:77:1000", thread);
        Assert.Equal(direction, message.Direction);
        Assert.Equal(direction == Direction.Outbound, message.Echo);
        Assert.Equal(Visibility.Private, message.Visibility);
        Assert.Equal("hi & bye", message.Text);
        Assert.Equal(Instant.FromUnixTimeMilliseconds(1784928224372), message.SentAt);
        Assert.Equal("@ada", (direction == Direction.Outbound ? message.Customer : message.Author)!.Handle);
    }

    [Fact]
    public void A_direct_message_of_a_picture_has_it_attached()
    {
        var message = Reading.Message(Event("dm.received", """
            {"direct_message_events":[{"id":"900","message_create":{"sender_id":"77","target":{"recipient_id":"1000"},"message_data":
              {"text":"","attachment":{"type":"media","media":{"type":"photo","media_url_https":"https://ton.example/1.jpg"} } } } }]}
            """)).Content;

        Assert.Equal("", message.Text);
        Assert.Equal([new Attachment("https://ton.example/1.jpg", "image/jpeg")], message.Attachments!);
    }

    [Fact]
    public void A_direct_message_in_which_nothing_can_be_read_still_reaches_an_agent() =>
        Assert.Equal("(no text)", Reading.Message(Event("dm.received", """
            {"direct_message_events":[{"id":"900","message_create":{"sender_id":"77","target":{"recipient_id":"1000"},"message_data":{"card":{}}}}]}
            """)).Content.Text);

    [Fact]
    public void Direct_messages_between_others_or_to_oneself_are_not_ours()
    {
        foreach (var (from, to) in new[] { ("77", "88"), ("1000", "1000") })
        {
            Assert.Empty(Reading.Commands(Event("dm.received", $$"""
                {"direct_message_events":[{"id":"900","message_create":{"sender_id":"{{from}}","target":{"recipient_id":"{{to}}"},"message_data":{"text":"x"} } }]}
                """)));
        }
    }

    [Theory]
    [InlineData("""{"direct_message_mark_read_events":[{"sender_id":"77","target":{"recipient_id":"1000"},"last_read_event_id":"901","created_timestamp":"1784928224372"}]}""")]
    [InlineData("""{"sender_id":"77","target":{"recipient_id":"1000"},"last_read_event_id":"901","created_timestamp":"1784928224372"}""")]
    public void The_customers_read_mark_is_a_watermark(string payload) =>
        Assert.Equal(
            new InboundCommand.Change(
                "read:77:901", "dm:77:1000", "901",
                new MessageChange.Receipt(DeliveryState.Read, UpTo: true, At: Instant.FromUnixTimeMilliseconds(1784928224372))),
            Reading.Only<InboundCommand.Change>(Event("dm.read", payload)));

    [Fact]
    public void The_brands_own_read_mark_says_nothing() =>
        Assert.Empty(Reading.Commands(Event("dm.read", """{"sender_id":"1000","target":{"recipient_id":"77"},"last_read_event_id":"901"}""")));

    [Fact]
    public void Revoked_access_is_told_only_for_our_own_user()
    {
        Assert.IsType<InboundCommand.Revoked>(Assert.Single(Reading.Commands(Event("oauth.revoke", """{"user_id":"1000"}""", filter: "{}"))));
        Assert.Empty(Reading.Commands(Event("oauth.revoke", """{"user_id":"77"}""", filter: "{}")));
        Assert.Empty(Reading.Commands(Event("oauth.revoke", "{}", filter: "{}")));
    }

    [Theory]
    [InlineData("like.create")]
    [InlineData("follow.follow")]
    [InlineData("dm.indicate_typing")]
    [InlineData("chat.received")]
    [InlineData("chat.sent")]
    [InlineData("something.new")]
    public void Other_events_are_accepted_and_ignored(string type) =>
        Assert.Empty(Reading.Commands(Event(type, """{"id":"500","author_id":"77","text":"x"}""")));

    [Fact]
    public void An_event_for_another_subscriber_is_not_ours() =>
        Assert.Empty(Reading.Commands(Event("post.mention.create", """{"id":"500","author_id":"77","text":"x"}""", filter: """{"user_id":"2000"}""")));

    [Fact]
    public void Without_a_subscriber_a_post_must_itself_concern_the_brand()
    {
        string Mention(string members) => Event("post.mention.create", $$"""{"id":"500","author_id":"77","text":"x"{{members}}}""", filter: "{}");
        Assert.Empty(Reading.Commands(Mention("")));
        Assert.Single(Reading.Commands(Mention(""","entities":{"mentions":[{"id":"1000"}]}""")));
        Assert.Single(Reading.Commands(Mention(""","in_reply_to_user_id":"1000" """)));
    }

    [Fact]
    public void Ids_as_numbers_are_believed_only_while_they_are_exact()
    {
        Assert.Equal("500", Reading.Message(Event("post.mention.create", """{"id":500,"author_id":77,"text":"x"}""")).Content.ExternalId);
        Assert.Empty(Reading.Commands(Event("post.mention.create", """{"id":2080765813578191303,"author_id":"77","text":"x"}""")));
    }
}
