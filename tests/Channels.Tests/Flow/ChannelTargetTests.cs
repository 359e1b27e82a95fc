using Conversations.Domain;
using NodaTime;
using Xunit;

namespace Conversations.Channels.Tests.Flow;

/// <summary>Replies on their way out, and what became of them (channels.md 11).</summary>
public sealed class ChannelTargetTests : IAsyncLifetime
{
    private FlowWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FlowWorld.Create();
        await _world.Receive("m1");
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_reply_the_platform_took_is_sent_under_its_ids()
    {
        var message = await _world.Post("Hello");
        var call = await _world.Pager.Call();
        Assert.Equal(
            (message, "Hello", "u-7", "m1", 0, null),
            (call.Request.Reply.Message, call.Request.Reply.Text, call.Request.Reply.Customer, call.Request.Reply.ReplyTo, call.Request.Attempts, call.Request.Progress));
        Assert.Null((await _world.Row()).FirstRespondedAt); // only the platform's answer fulfils the promise
        _world.Time.Advance(TimeSpan.FromSeconds(3));
        call.Answer(new SendResult.Sent(["p1", "p2"]));

        var sent = await Delivery(message);
        Assert.Equal((DeliveryState.Sent, "p1 p2", FlowWorld.Noon + Duration.FromSeconds(3)), (sent.State, string.Join(' ', sent.ExternalIds!), sent.At));
        Assert.Equal(sent.At, (await _world.Row()).FirstRespondedAt);
    }

    [Fact]
    public async Task An_echo_after_the_answer_is_our_reply()
    {
        var message = await _world.Post("Hello");
        (await _world.Pager.Call()).Answer(new SendResult.Sent(["p1"]));
        await Delivery(message);

        var echo = await _world.Receive("p1", text: "Hello", direction: Direction.Outbound);

        Assert.Equal(message, echo.Message);
        Assert.Equal(2, (await _world.Row()).MessageCount);
    }

    [Fact]
    public async Task An_echo_before_the_answer_is_our_reply_as_soon_as_that_is_known()
    {
        var message = await _world.Post("Hello");
        var call = await _world.Pager.Call();
        await _world.Receive("p1", text: "Hello", direction: Direction.Outbound);
        Assert.Single(await _world.Events<EchoDeferred>());
        call.Answer(new SendResult.Sent(["p1"]));
        await Delivery(message);

        Assert.Equal(message, Assert.Single(await _world.Events<EchoMerged>()).Message);
        Assert.Equal(message, (await _world.Receive("p1", text: "Hello", direction: Direction.Outbound)).Message);
        Assert.Empty(await _world.Events<MessageRecorded>());
        Assert.Equal(2, (await _world.Row()).MessageCount);
    }

    [Fact]
    public async Task A_reply_the_platform_refuses_is_failed_and_the_customer_still_waits()
    {
        var message = await _world.Post("Hello");
        (await _world.Pager.Call()).Answer(new SendResult.Rejected("too_long", "At most 280."));

        var failed = await Delivery(message);

        Assert.Equal((DeliveryState.Failed, "too_long", "At most 280."), (failed.State, failed.Code, failed.Detail));
        var row = await _world.Row();
        Assert.Equal((FlowWorld.Noon, null), (row.WaitingSince, row.FirstRespondedAt));
        Assert.Empty(await _world.Store.ReadDeadLetters(FlowWorld.Acme, null, 1, FlowWorld.Cancel));
    }

    [Fact]
    public async Task A_reply_that_fails_after_it_was_sent_takes_its_fulfilment_back()
    {
        var message = await _world.Post("Hello");
        (await _world.Pager.Call()).Answer(new SendResult.Sent(["p1"]));
        await Delivery(message);
        Assert.NotEmpty(await _world.Events<SlaFulfilled>());

        await _world.Change("e1", "p1", new MessageChange.Receipt(DeliveryState.Failed, Code: "131026"));

        Assert.Equal(Withdrawn.Fulfilment, Assert.Single(await _world.Events<SlaWithdrawn>()).What);
        Assert.Null((await _world.Row()).FirstRespondedAt);
    }

    [Fact]
    public async Task Later_means_not_before_the_time_the_platform_named()
    {
        var message = await _world.Post("Hello");
        (await _world.Pager.Call()).Answer(new SendResult.Later("429", _world.Now + Duration.FromMinutes(15)));

        Assert.Equal(FlowWorld.Noon + Duration.FromMinutes(15), (await _world.Waiting()).Due);
        await _world.AdvanceToRetry();

        var again = await _world.Pager.Call();
        Assert.Equal(1, again.Request.Attempts);
        again.Answer(new SendResult.Sent(["p1"]));
        await Delivery(message);
    }

    [Fact]
    public async Task Two_replies_leave_in_order_even_if_the_first_has_to_wait()
    {
        var first = await _world.Post("first");
        var second = await _world.Post("second");
        (await _world.Pager.Call()).Answer(new SendResult.Later("503"));
        await _world.AdvanceToRetry();

        foreach (var (message, text) in new[] { (first, "first"), (second, "second") })
        {
            var call = await _world.Pager.Call();
            Assert.Equal(text, call.Request.Reply.Text);
            call.Answer(new SendResult.Sent([text]));
            await Delivery(message);
        }

        Assert.Equal(3, _world.Pager.Count);
    }

    [Fact]
    public async Task A_reply_in_parts_goes_on_where_it_was()
    {
        var message = await _world.Post("long");
        (await _world.Pager.Call()).Answer(new SendResult.Progressed("1/2"));

        var second = await _world.Pager.Call();
        Assert.Equal(("1/2", 0), (second.Request.Progress, second.Request.Attempts));
        second.Answer(new SendResult.Sent(["p1", "p2"]));

        Assert.Equal(["p1", "p2"], (await Delivery(message)).ExternalIds);
    }

    [Fact]
    public async Task Without_access_the_account_is_suspended_and_the_reply_kept_until_it_is_put_right()
    {
        var message = await _world.Post("Hello");
        (await _world.Pager.Call()).Answer(new SendResult.Unauthorised("token revoked"));
        await _world.Until(async () => await Suspended() == "token revoked");

        for (var minute = 1; minute <= 3; minute++)
        {
            Assert.Equal(FlowWorld.Noon + Duration.FromMinutes(minute), (await _world.Waiting()).Due);
            await _world.AdvanceToRetry();
        }

        await _world.Waiting();
        Assert.Equal(1, _world.Pager.Count); // nobody knocked meanwhile
        await _world.PutChannel();
        Assert.Null(await Suspended());
        await _world.AdvanceToRetry();

        var call = await _world.Pager.Call();
        Assert.Equal(1, call.Request.Attempts);
        call.Answer(new SendResult.Sent(["p1"]));
        Assert.Equal(DeliveryState.Sent, (await Delivery(message)).State);
    }

    /// <summary>Found as an account that stayed open: the second part's first try looked like the first part's, which had suspended it before.</summary>
    [Fact]
    public async Task Access_lost_again_at_the_next_part_suspends_again()
    {
        await _world.Post("long");
        (await _world.Pager.Call()).Answer(new SendResult.Unauthorised("token revoked"));
        await _world.Waiting();
        await _world.PutChannel();
        await _world.AdvanceToRetry();
        (await _world.Pager.Call()).Answer(new SendResult.Progressed("1/2"));

        (await _world.Pager.Call()).Answer(new SendResult.Unauthorised("revoked again"));

        await _world.Waiting();
        Assert.Equal("revoked again", await Suspended());
    }

    [Fact]
    public async Task A_crash_after_the_platforms_answer_sends_nothing_twice()
    {
        var message = await _world.Post("Hello");
        _world.ReportsHang = true;
        (await _world.Pager.Call()).Answer(new SendResult.Sent(["p1"]));
        await _world.Pager.Hanging.Task.WaitAsync(FlowWorld.Cancel);
        await _world.Restart(); // the report never reached the conversation
        Assert.Empty(await _world.Events<MessageDelivery>());

        _world.ReportsHang = false;
        await _world.Restart();

        Assert.Equal("p1", Assert.Single((await Delivery(message)).ExternalIds!));
        Assert.Equal(1, _world.Pager.Count);
    }

    [Fact]
    public async Task A_crash_before_the_platforms_answer_tells_the_next_try_to_look_first()
    {
        await _world.Post("Hello");
        await _world.Pager.Call();
        await _world.Restart();

        Assert.Equal(1, (await _world.Pager.Call()).Request.Attempts);
    }

    [Fact]
    public async Task A_reply_no_adapter_can_send_is_failed_and_told_to_the_agent()
    {
        await _world.PutChannel("fax");
        var address = new Address("fax", "desk", "t-1");
        var conversation = ConversationId.Of(FlowWorld.Acme, address);
        await _world.Receive("f1", at: address);
        await _world.Post("Hello", conversation);

        MessageDelivery? delivery = null;
        await _world.Until(async () => (delivery = (await _world.Events<MessageDelivery>(conversation)).SingleOrDefault()) is not null);

        Assert.Equal((DeliveryState.Failed, "no_adapter"), (delivery!.State, delivery.Code));
        Assert.Empty(await _world.Store.ReadDeadLetters(FlowWorld.Acme, null, 1, FlowWorld.Cancel));
    }

    private async Task<MessageDelivery> Delivery(MessageId message)
    {
        MessageDelivery? delivery = null;
        await _world.Until(async () => (delivery = (await _world.Events<MessageDelivery>()).FirstOrDefault(d => d.Message == message)) is not null);
        return delivery!;
    }

    private async Task<string?> Suspended() => (await _world.Settings.Get(FlowWorld.Acme, FlowWorld.Cancel)).Channel(FlowWorld.Thread)!.Suspended;
}
