using Conversations.Domain.Json;
using NodaTime;
using Xunit;

namespace Conversations.Domain.Tests;

internal static class Given
{
    /// <summary>A channel, its thread with one customer, and nothing said yet. It is noon.</summary>
    public static Scenario Conversation(ChannelSettings? channel = null) => new(channel ?? Arrange.WebChat);
}

/// <summary>
/// Given / when / then over one conversation: decides, assigns seq and evolves as an engine does, without one. Time moves
/// only when the test says so.
/// </summary>
internal sealed class Scenario(ChannelSettings channel)
{
    private readonly Dictionary<string, MessageRef> _known = [];
    private int _ids;

    public AccountSettings Settings { get; set; } = Arrange.Settings(channel);
    public Address Address { get; } = Arrange.AddressOn(channel);
    public Instant Now { get; private set; } = Arrange.Noon;
    public Conversation State { get; private set; } =
        Domain.Conversation.Empty(Arrange.Account, ConversationId.Of(Arrange.Account, Arrange.AddressOn(channel)));
    public List<Recorded<ConversationEvent>> History { get; } = [];
    public List<OutgoingReply> Outbox { get; } = [];

    /// <summary>What the last command emitted.</summary>
    public IReadOnlyList<Recorded<ConversationEvent>> Emitted { get; private set; } = [];
    public Refusal? Refusal { get; private set; }
    public ConversationAnswer? Answer { get; private set; }

    public ConversationRow Row => ConversationView.Row(State);
    public Instant? NextDue => Promises.NextDue(State);
    public Clock First => Row.FirstResponse ?? throw new InvalidOperationException("There is no first-response clock.");
    public Clock Next => Row.NextResponse ?? throw new InvalidOperationException("There is no next-response clock.");
    public Clock Resolution => Row.Resolution ?? throw new InvalidOperationException("There is no resolution clock.");

    public Scenario When(ConversationCommand command, Actor? by = null)
    {
        var resolved = command is IRefersToMessage<ConversationCommand> { RefersTo: { } key } refers ? refers.With(_known.GetValueOrDefault(key)) : command;
        var before = State;
        (Emitted, Refusal, Answer) = ([], null, null);
        switch (ConversationDecider.Decide(State, resolved, new(Now, by ?? Arrange.AnnActing, Settings)))
        {
            case Decision<ConversationEvent>.Refused refused:
                Refusal = refused.Refusal;
                return this;

            case Decision<ConversationEvent>.Accepted accepted:
                Emitted = [.. accepted.Events.Select((e, i) => new Recorded<ConversationEvent>(before.Seq + i + 1, Now, by ?? Arrange.AnnActing, "cmd", e))];
                break;
        }

        State = Emitted.Aggregate(State, ConversationEvolve.Evolve);
        History.AddRange(Emitted);
        Outbox.AddRange(ConversationView.Outgoing(State, Emitted));
        Answer = ConversationView.Answer(before, State, resolved, Emitted);
        Learn();
        return this;
    }

    // What an engine's receipts would answer: which message a platform's id names.
    private void Learn()
    {
        foreach (var recorded in Emitted)
        {
            if (recorded.Event is MessageReceived e)
            {
                _known.TryAdd(MessageKey.Of(Address, e.ExternalId), new(State.Id, e.Message, recorded.Seq));
            }
        }

        foreach (var (key, answer) in ConversationView.Aliases(State, Answer!, Emitted))
        {
            _known.TryAdd(key, new(State.Id, answer.Message!.Value, answer.MessageSeq ?? 0));
        }
    }

    public IReadOnlyCollection<string> KnownKeys => _known.Keys;

    public Scenario At(string time) => At(Arrange.Clock(time));

    public Scenario At(Instant now)
    {
        Now = now;
        return this;
    }

    public Scenario Later(Duration duration) => At(Now + duration);

    public Scenario Tick() => When(new Tick(), Actor.System);

    /// <summary>Wakes the conversation at each of its deadlines, as a partition's worker would, up to and including a time.</summary>
    public Scenario RunTo(Instant until)
    {
        while (NextDue is { } due && due <= until)
        {
            At(Instant.Max(Now, due)).Tick();
            Assert.True(Emitted.Count > 0, $"a tick at the deadline {due} did nothing");
        }

        return At(Instant.Max(Now, until));
    }

    public Scenario RunTo(string time) => RunTo(Arrange.Clock(time));

    public Scenario CustomerWrites(
        string text = "hello", string? sentAt = null, string? id = null, bool auto = false, Author? author = null, Visibility visibility = Visibility.Private) =>
        When(Inbound(text, sentAt is null ? null : Arrange.Clock(sentAt), id, auto, author, visibility), new(ActorKind.Customer, (author ?? Arrange.Ada).Id));

    public ReceiveMessage Inbound(
        string text = "hello", Instant? sentAt = null, string? id = null, bool auto = false, Author? author = null, Visibility visibility = Visibility.Private) =>
        new(Address, new(id ?? $"m-{++_ids}", Direction.Inbound, visibility, sentAt, author ?? Arrange.Ada, text, Auto: auto));

    /// <summary>Our side wrote on the channel itself, or a reply of ours comes back from it.</summary>
    public Scenario SeenOnChannel(string text = "written elsewhere", string? sentAt = null, string? id = null, bool auto = false) =>
        When(Outbound(text, sentAt is null ? null : Arrange.Clock(sentAt), id, auto), new(ActorKind.Integrator, "platform"));

    public ReceiveMessage Outbound(string text = "written elsewhere", Instant? sentAt = null, string? id = null, bool auto = false) =>
        new(Address, new(id ?? $"o-{++_ids}", Direction.Outbound, Visibility.Private, sentAt, new("ann"), text, Auto: auto, Echo: true));

    public Scenario AgentReplies(string text = "hi, let me look", long? basedOn = null, bool force = false) =>
        When(new PostMessage(PostKind.Reply, text, BasedOnSeq: basedOn, Force: force));

    public Scenario BotReplies(string text = "beep") => When(new PostMessage(PostKind.BotReply, text), new(ActorKind.Bot, "bot"));

    public Scenario AgentNotes(string text = "looks angry") => When(new PostMessage(PostKind.Note, text));

    /// <summary>The channel reports on the last reply.</summary>
    public Scenario ChannelSays(DeliveryState state, params string[] ids) => ChannelSays(LastReply, state, ids);

    public Scenario ChannelSays(MessageId message, DeliveryState state, params string[] ids) =>
        When(new RecordDelivery(message, new(state, ids.Length == 0 ? null : ids, Now, state == DeliveryState.Failed ? "131047" : null)), Actor.System);

    public Scenario Platform(MessageChange change, string id) => When(new ChangeMessage(MessageKey.Of(Address, id), change), Actor.System);

    public MessageId LastReply => History.Select(r => r.Event).OfType<MessagePosted>().Last(e => e.Kind != MessageKind.Note).Message;

    public IEnumerable<T> All<T>() where T : ConversationEvent => History.Select(r => r.Event).OfType<T>();

    /// <summary>The last command emitted exactly one event of this type. How clocks stand after it goes without saying.</summary>
    public T Then<T>() where T : ConversationEvent => Assert.Single(Emitted.Select(r => r.Event).OfType<T>()) with { Sla = null };

    /// <summary>The last command emitted exactly these types, in this order. How clocks stand (<see cref="SlaChanged"/>) goes without saying.</summary>
    public Scenario Then(params Type[] types)
    {
        Assert.Null(Refusal);
        Assert.Equal(types, Emitted.Select(r => r.Event.GetType()).Where(t => t != typeof(SlaChanged) || types.Contains(t)));
        return this;
    }

    public Scenario ThenNot<T>() where T : ConversationEvent
    {
        Assert.DoesNotContain(Emitted, r => r.Event is T);
        return this;
    }

    /// <summary>It succeeded and recorded nothing.</summary>
    public Scenario ThenNothing()
    {
        Assert.Null(Refusal);
        Assert.Empty(Emitted);
        Assert.False(Answer!.Changed);
        return this;
    }

    public Refusal ThenRefused(string code)
    {
        Assert.NotNull(Refusal);
        Assert.Equal(code, Refusal.Code);
        return Refusal;
    }
}

/// <summary>Announcements without the figures they carry.</summary>
internal static class Bare
{
    public static SlaWarned Of(SlaWarned e) => e with { Sla = null, Levels = null, Next = null };

    public static SlaBreached Of(SlaBreached e) => e with { Sla = null, Levels = null, Next = null };

    public static SlaFulfilled Of(SlaFulfilled e) => e with { Sla = null, Elapsed = null, Overrun = null, OverrunWall = null };
}

internal static class Wire
{
    public static string Of(Conversation state) => System.Text.Json.JsonSerializer.Serialize(state, DomainJson.Contract.Conversation);

    public static Conversation Reread(Conversation state) => System.Text.Json.JsonSerializer.Deserialize(Of(state), DomainJson.Contract.Conversation)!;

    public static Recorded<ConversationEvent> Reread(Recorded<ConversationEvent> recorded) => recorded with
    {
        Event = System.Text.Json.JsonSerializer.Deserialize(
            System.Text.Json.JsonSerializer.Serialize(recorded.Event, DomainJson.Contract.ConversationEvent), DomainJson.Contract.ConversationEvent)!,
    };
}
