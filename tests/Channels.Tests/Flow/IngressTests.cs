using Conversations.Domain;
using Xunit;

namespace Conversations.Channels.Tests.Flow;

using static MessageChange;

/// <summary>Platforms deliver twice and in any order; the history has everything once (channels.md 0).</summary>
public sealed class IngressTests : IAsyncLifetime
{
    private FlowWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await FlowWorld.Create();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_redelivered_message_gets_the_first_answer_and_changes_nothing()
    {
        var first = await _world.Receive("m1");
        await _world.Receive("m2");

        Assert.Equal(first, await _world.Receive("m1", text: "with another follower count"));
        Assert.Equal(["m1", "m2"], (await _world.Events<MessageReceived>()).Select(m => m.Text));
    }

    [Fact]
    public async Task A_message_for_an_unknown_channel_account_is_refused()
    {
        var message = new InboundMessage("m1", Direction.Inbound, Visibility.Private, null, FlowWorld.Ada, "Hello");
        var refused = Assert.IsType<IngressResult.Refused>(
            await _world.Ingress.Receive(FlowWorld.Acme, new("pager", "nobody", "t"), message, FlowWorld.Cancel));
        Assert.Equal("unknown_channel_account", refused.Refusal.Code);
    }

    [Fact]
    public async Task A_change_of_a_known_message_is_applied_at_once_and_once()
    {
        var message = (await _world.Receive("m1")).Message;

        Assert.False((await _world.Change("e1", "m1", new Edited("corrected"))).Replayed);
        Assert.True((await _world.Change("e1", "m1", new Edited("corrected"))).Replayed);

        var edited = Assert.Single(await _world.Events<MessageEdited>());
        Assert.Equal((message, "corrected"), (edited.Message, edited.Text));
    }

    [Fact]
    public async Task A_change_that_comes_before_its_message_is_applied_right_after_it_without_time_passing()
    {
        Assert.False((await _world.Change("e1", "m1", new Deleted())).Replayed);
        Assert.True((await _world.Change("e1", "m1", new Deleted())).Replayed);

        var message = (await _world.Receive("m1")).Message;

        await _world.Until(async () => (await _world.Events<MessageDeleted>()).Count > 0);
        Assert.True((await _world.Change("e1", "m1", new Deleted())).Replayed);
        Assert.Equal(message, Assert.Single(await _world.Events<MessageDeleted>()).Message);
        Assert.Equal(FlowWorld.Noon, _world.Now);
    }

    [Fact]
    public async Task Changes_that_waited_keep_their_order()
    {
        foreach (var text in (string[])["one", "two", "three"])
        {
            await _world.Change($"e-{text}", "m1", new Edited(text));
        }

        await _world.Receive("m1");

        await _world.Until(async () => (await _world.Events<MessageEdited>()).Count == 3);
        Assert.Equal(["one", "two", "three"], (await _world.Events<MessageEdited>()).Select(e => e.Text));
        Assert.Equal("three", (await _world.Row()).LastMessage!.Text);
    }

    [Fact]
    public async Task A_change_that_waits_survives_a_restart()
    {
        await _world.Change("e1", "m1", new Deleted());
        await _world.Restart();
        await _world.Receive("m1");
        await _world.Until(async () => (await _world.Events<MessageDeleted>()).Count == 1);
    }

    /// <summary>Found as a change among the dead letters: the first thing its reference recorded was that it is resolved, without its key.</summary>
    [Fact]
    public async Task A_change_whose_message_comes_right_after_we_looked_is_applied()
    {
        await _world.Receive("m1");
        _world.Seen.Forgets = MessageKey.Of(FlowWorld.Thread, "m1");

        await _world.Change("e1", "m1", new Deleted());

        await _world.Until(async () => (await _world.Events<MessageDeleted>()).Count == 1
            || (await _world.Store.ReadDeadLetters(FlowWorld.Acme, null, 1, FlowWorld.Cancel)).Count > 0);
        Assert.Empty(await _world.Store.ReadDeadLetters(FlowWorld.Acme, null, 1, FlowWorld.Cancel));
    }

    [Fact]
    public async Task A_reply_goes_where_its_parent_is_and_else_to_its_own_thread()
    {
        await _world.Receive("m1");
        var guess = FlowWorld.Thread with { Thread = "t-8" };

        var known = await Reply("r1", "m1", guess);
        var unknown = await Reply("r2", "nobody knows", guess);

        Assert.Equal(FlowWorld.Id, known.Conversation);
        Assert.Equal(ConversationId.Of(FlowWorld.Acme, guess), unknown.Conversation);

        // Its parent became known meanwhile, but the reply has its place already.
        await _world.Receive("nobody knows");
        Assert.Equal(unknown, await Reply("r2", "nobody knows", guess));
    }

    [Fact]
    public async Task An_edit_of_an_edit_changes_the_first_message()
    {
        var message = (await _world.Receive("m1")).Message;
        Assert.Equal(message, (await _world.Receive("m1b", editOf: "m1", text: "better")).Message);
        Assert.Equal(message, (await _world.Receive("m1c", editOf: "m1b", text: "best")).Message);
        Assert.Equal(message, (await _world.Receive("m1d", editOf: "m1", text: "done")).Message);

        Assert.Single(await _world.Events<MessageReceived>());
        Assert.Equal(["better", "best", "done"], (await _world.Events<MessageEdited>()).Select(e => e.Text));
        Assert.Equal("done", (await _world.Row()).LastMessage!.Text);
    }

    [Fact]
    public async Task A_message_that_comes_after_its_edit_brings_nothing_back()
    {
        var edit = await _world.Receive("m1b", editOf: "m1", text: "better");
        var late = await _world.Receive("m1", text: "first");

        Assert.Equal(edit.Message, late.Message);
        Assert.Equal("better", Assert.Single(await _world.Events<MessageReceived>()).Text);
    }

    /// <summary>Found as a conversation whose history began with an edit of another's message.</summary>
    [Fact]
    public async Task An_edit_that_names_another_thread_goes_where_its_message_is()
    {
        var message = await _world.Receive("m1");
        var elsewhere = FlowWorld.Thread with { Thread = "t-8" };

        var edit = await _world.Receive("m1b", editOf: "m1", at: elsewhere, text: "better");

        Assert.Equal((FlowWorld.Id, message.Message), (edit.Conversation, edit.Message));
        Assert.Empty(await _world.Events<ConversationEvent>(ConversationId.Of(FlowWorld.Acme, elsewhere)));
    }

    [Fact]
    public async Task A_change_that_waits_for_an_edits_own_id_is_applied_right_after_it()
    {
        var message = (await _world.Receive("m1")).Message;
        await _world.Change("e1", "m1b", new Deleted());
        await _world.Receive("m1b", editOf: "m1");

        await _world.Until(async () => (await _world.Events<MessageDeleted>()).Count == 1);
        Assert.Equal(message, (await _world.Events<MessageDeleted>())[0].Message);
        Assert.Equal(FlowWorld.Noon, _world.Now);
    }

    private async Task<ConversationAnswer> Reply(string id, string parent, Address guess) => Assert.IsType<IngressResult.Accepted>(await _world.Ingress.ReceiveReply(
        FlowWorld.Acme, _world.Pager, guess, parent, new(id, Direction.Inbound, Visibility.Private, null, FlowWorld.Ada, id), FlowWorld.Cancel)).Answer;
}
