using Conversations.Domain.Json;
using NodaTime;

namespace Conversations.Domain;

/// <summary>Bounds of one message (conversation.md 3).</summary>
public static class MessageLimits
{
    /// <summary>UTF-16 code units.</summary>
    public const int Text = 100_000;
    public const int Attachments = 20;

    /// <summary>Customer messages a minute; more are kept but flagged.</summary>
    public const int PerMinute = 200;

    /// <summary>Replies whose delivery is not known yet; more are refused until some are.</summary>
    public const int OnTheirWay = 20;

    /// <summary>How far ahead of our clock a platform's time may be (sla.md R-EV6).</summary>
    public static readonly Duration ClockSkew = Duration.FromMinutes(5);

    /// <summary>How long an echo waits for the fate of our own replies.</summary>
    public static readonly Duration EchoPatience = Duration.FromMinutes(10);
}

public static partial class ConversationDecider
{
    /// <summary>Whoever looked for the message before it was there looks again.</summary>
    public const string MessageElsewhere = "message_elsewhere";

    private static Refusal? Receive(Turn turn, ReceiveMessage command)
    {
        var message = command.Message;
        if (turn.Context.Settings.Channel(command.Address) is not { } channel)
        {
            return Refusals.UnknownChannelAccount(command.Address.Channel, command.Address.ChannelAccount);
        }

        if (message.Visibility == Visibility.Internal)
        {
            return No("invalid_visibility", "A message on a channel is public or private.", RefusalKind.Invalid);
        }

        if (CheckContent(message.Text, message.Attachments) is { } refusal)
        {
            return refusal;
        }

        if (command.Existing is { } existing && existing.Conversation != turn.State.Id)
        {
            return No(MessageElsewhere, "The message this is a new version of is in another conversation.", RefusalKind.Conflict);
        }

        if (command.Existing is { } version)
        {
            Edit(turn, version, new(version.Message, message.Text, OwnTime(turn, message.SentAt).At, message.Attachments, message.ExternalId));
            return null;
        }

        Introduce(turn, command);
        if (message.Direction == Direction.Outbound)
        {
            Record(turn, message, channel);
        }
        else
        {
            Accept(turn, message, channel);
        }

        return null;
    }

    private static Refusal? CheckContent(string text, IReadOnlyList<Attachment>? attachments) =>
        CheckSize(text, attachments) ?? (text.Length == 0 && attachments is not { Count: > 0 }
            ? No("empty_message", "A message has a text or an attachment.", RefusalKind.Invalid)
            : null);

    private static Refusal? CheckSize(string text, IReadOnlyList<Attachment>? attachments) =>
        text.Length > MessageLimits.Text
            ? No("text_too_long", $"A text has at most {MessageLimits.Text:N0} characters; this one has {text.Length:N0}.", RefusalKind.Invalid)
        : attachments?.Count > MessageLimits.Attachments
            ? No("too_many_attachments", $"A message has at most {MessageLimits.Attachments} attachments.", RefusalKind.Invalid)
        : null;

    /// <summary>The first message creates the conversation; later ones may tell more about the customer.</summary>
    private static void Introduce(Turn turn, ReceiveMessage command)
    {
        var message = command.Message;
        var told = message.Customer ?? (message.Direction == Direction.Inbound ? message.Author : null);
        if (!turn.State.Exists)
        {
            turn.Emit(new ConversationStarted(command.Address, message.Visibility, told is null ? new("") : new(told.Id, told.Name, told.Handle, told.Followers)));
            return;
        }

        var known = turn.State.Customer;
        if (told is null || (known.Id.Length > 0 && told.Id != known.Id))
        {
            return; // somebody else in the same thread: the conversation stays with its customer
        }

        var now = known with { Id = told.Id, Name = told.Name ?? known.Name, Handle = told.Handle ?? known.Handle, Reach = told.Followers ?? known.Reach };
        if (now with { Reach = known.Reach } != known || ReachMoved(known.Reach, now.Reach))
        {
            turn.Emit(new CustomerUpdated(now));
        }
    }

    /// <summary>Follower counts drift with every message; only a change of a tenth or more is worth an event.</summary>
    private static bool ReachMoved(long? from, long? to) =>
        to is { } now && now != from && (from is not { } was || Math.Abs((double)now - was) * 10 >= was);

    private static void Accept(Turn turn, InboundMessage message, ChannelSettings channel)
    {
        var (sentAt, clamped) = OwnTime(turn, message.SentAt);
        var blocked = turn.State.Blocked;
        if (!blocked)
        {
            OpenFor(turn, sentAt, message.Auto);
            if (!message.Auto)
            {
                Sla.Policies.Renew(turn);
            }
        }

        var minute = Instant.FromUnixTimeSeconds(turn.Now.ToUnixTimeSeconds() / 60 * 60);
        var flood = turn.State.Flood.From == minute && turn.State.Flood.Count >= MessageLimits.PerMinute;
        turn.Emit(new MessageReceived(
            turn.NextMessage, turn.NextIndex, message.ExternalId, message.Visibility, sentAt, message.Author, message.Text, message.Attachments,
            message.ReplyTo, message.EditOf, message.Engagement, message.Auto, flood, blocked, clamped, WindowAfter(turn, message, channel, sentAt)));
    }

    private static void Record(Turn turn, InboundMessage message, ChannelSettings channel)
    {
        if (Ours(turn.State, message) is { } ours)
        {
            turn.Emit(new EchoMerged(message.ExternalId, ours.Message));
            return;
        }

        if (channel.Sends && turn.State.OnTheirWay.Any() && turn.State.DeferredEchoes.Count < Conversation.DeferredKept)
        {
            turn.Emit(new EchoDeferred(message with { SentAt = OwnTime(turn, message.SentAt).At }, turn.Now + MessageLimits.EchoPatience));
            return;
        }

        RecordNow(turn, message);
    }

    private static void RecordNow(Turn turn, InboundMessage message)
    {
        var (sentAt, clamped) = OwnTime(turn, message.SentAt);
        if (turn.State.Episode is null)
        {
            StartEpisode(turn, sentAt);
        }

        turn.Emit(new MessageRecorded(
            turn.NextMessage, turn.NextIndex, message.ExternalId, MessageKind.Reply, message.Visibility, sentAt, message.Author, message.Text,
            message.Attachments, message.ReplyTo, message.Auto, clamped));
    }

    /// <summary>What a customer's message does to the status, in the same commit (conversation.md 2).</summary>
    private static void OpenFor(Turn turn, Instant sentAt, bool auto)
    {
        switch (turn.State.Status)
        {
            case var _ when turn.State.Episode is null:
                StartEpisode(turn, sentAt);
                break;
            case ConversationStatus.Open or ConversationStatus.Spam:
            case var _ when auto:
                break;
            case ConversationStatus.Closed when !WithinReopenWindow(turn):
                StartEpisode(turn, sentAt);
                break;
            default:
                turn.Emit(new StatusChanged(turn.State.Status, ConversationStatus.Open, turn.Now, Reason: "customerMessage"));
                break;
        }
    }

    /// <summary>The platform's time at the precision of the history, unless it is too far ahead to be true (sla.md R-EV6).</summary>
    private static (Instant At, bool Clamped) OwnTime(Turn turn, Instant? told) =>
        told is not { } at ? (turn.Now, false)
        : at > turn.Now + MessageLimits.ClockSkew ? (turn.Now, true)
        : (at.ToMilliseconds(), false);

    private static ReplyWindow? WindowAfter(Turn turn, InboundMessage message, ChannelSettings channel, Instant sentAt)
    {
        if (message.Visibility != Visibility.Private || (channel.ReplyWindow ?? ReplyWindowRule.Of(channel.Channel)) is not { } rule)
        {
            return null;
        }

        var closes = sentAt + Duration.FromSeconds(rule.Standard);
        return turn.State.ReplyWindow is { } open && open.ClosesAt >= closes
            ? null
            : new(closes, rule.Human is { } human ? sentAt + Duration.FromSeconds(human) : null);
    }

    private static Refusal? Change(Turn turn, ChangeMessage command)
    {
        if (command.Existing is not { } message)
        {
            return No("unknown_message", "The message this refers to is not known.", RefusalKind.NotFound);
        }

        var head = turn.State.Head(message.Message);
        switch (command.Change)
        {
            case MessageChange.Edited edited:
                if (CheckSize(edited.Text, edited.Attachments) is { } refusal)
                {
                    return refusal;
                }

                Edit(turn, message, new(message.Message, edited.Text, OwnTime(turn, edited.At).At, edited.Attachments));
                break;
            case MessageChange.Deleted deleted when head is not { Deleted: true }:
                turn.Emit(new MessageDeleted(message.Message, OwnTime(turn, deleted.At).At));
                break;
            case MessageChange.Reacted reacted:
                turn.Emit(new MessageReaction(message.Message, reacted.By, reacted.Emoji));
                break;
            case MessageChange.Receipt receipt:
                // A watermark may name the customer's own message: it holds for ours up to there.
                var reached = receipt.UpTo && head?.Delivery is null
                    ? turn.State.Recent.LastOrDefault(h => h.Delivery is not null && h.Seq <= message.Seq)?.Message ?? message.Message
                    : message.Message;
                Advance(turn, reached, new(receipt.State, At: receipt.At, Code: receipt.Code), receipt.UpTo);
                SettleEchoes(turn, expired: false);
                break;
        }

        return null;
    }

    /// <summary>Platforms promise no order: an edit that comes after the deletion brings nothing back.</summary>
    private static void Edit(Turn turn, MessageRef message, MessageEdited edited)
    {
        // An edit brings nothing deleted back, and an older version that arrives late changes nothing.
        var head = turn.State.Head(message.Message);
        if (head is not { Deleted: true } && !(edited.At < head?.EditedAt))
        {
            turn.Emit(edited);
        }
    }

    private static Refusal? Post(Turn turn, PostMessage command)
    {
        var state = turn.State;
        if (CheckContent(command.Text, command.Attachments) is { } refusal)
        {
            return refusal;
        }

        if (command.Kind == PostKind.Note)
        {
            return Note(turn, command.Text, command.Attachments);
        }

        if (state.IsOver)
        {
            return Over(state);
        }

        if (command.BasedOnSeq < state.LastMessageSeq && !command.Force)
        {
            return No("stale_reply", "Newer messages have arrived since. Read them, or send with force.", RefusalKind.Conflict, ("seq", $"{state.Seq}"));
        }

        if (command.Visibility is { } visibility && visibility != state.Visibility)
        {
            return No("invalid_visibility", $"Replies in this conversation are {Wire(state.Visibility)}.", RefusalKind.Invalid, ("visibility", Wire(state.Visibility)));
        }

        if (WindowRefuses(turn, command.Kind) is { } closed)
        {
            return closed;
        }

        var sends = turn.Context.Settings.Channel(state.Address)?.Sends ?? false;
        if (sends && state.OnTheirWay.Count() >= MessageLimits.OnTheirWay)
        {
            return No("too_many_on_their_way", $"{MessageLimits.OnTheirWay} replies are still waiting for the channel.", RefusalKind.TooMany);
        }

        if (command.Kind == PostKind.Reply && state.Bot is not null)
        {
            turn.Emit(new ControlChanged(null, turn.Now)); // a person answers: the bot lets go
        }

        turn.Emit(new MessagePosted(
            turn.NextMessage, turn.NextIndex, command.Kind == PostKind.Reply ? MessageKind.Reply : MessageKind.BotReply, state.Visibility,
            command.Text, command.Attachments, sends ? DeliveryState.Queued : DeliveryState.Sent, state.LastCustomerExternalId));
        return null;
    }

    /// <summary>An internal note, also beside another command; nothing if there is none.</summary>
    private static Refusal? Note(Turn turn, string? text, IReadOnlyList<Attachment>? attachments = null)
    {
        if (string.IsNullOrEmpty(text) && attachments is not { Count: > 0 })
        {
            return null;
        }

        if (CheckSize(text ?? "", attachments) is { } refusal)
        {
            return refusal;
        }

        turn.Emit(new MessagePosted(turn.NextMessage, Index: null, MessageKind.Note, Visibility.Internal, text ?? "", attachments));
        return null;
    }

    /// <summary>Refused before the platform is called, with what is allowed instead (conversation.md 3).</summary>
    private static Refusal? WindowRefuses(Turn turn, PostKind kind)
    {
        if (turn.State.ReplyWindow is not { } window || turn.Now <= window.ClosesAt || (kind == PostKind.Reply && turn.Now <= window.HumanUntil))
        {
            return null;
        }

        var instead = turn.Now <= window.HumanUntil ? "an agent's reply" : "a template, or another channel";
        return No("reply_window_closed", $"The platform takes no reply after {window.ClosesAt}; allowed instead: {instead}.", RefusalKind.Conflict,
            ("closesAt", InstantConverter.Format(window.ClosesAt)), ("allowed", instead));
    }

    private static Refusal? Deliver(Turn turn, RecordDelivery command)
    {
        Advance(turn, command.Message, command.Report, upTo: false);
        SettleEchoes(turn, expired: false);
        return null;
    }

    /// <summary>Receipts only go forward; failed is final, but cannot undo that the customer has read it.</summary>
    private static void Advance(Turn turn, MessageId message, DeliveryReport report, bool upTo)
    {
        if (turn.State.Head(message) is not { Delivery: { } reached } head || reached == DeliveryState.Failed)
        {
            return;
        }

        var fails = report.State == DeliveryState.Failed;
        var moves = fails ? reached != DeliveryState.Read : report.State > reached;

        // A platform's callback may overtake the sender's own report: the ids it brings are still needed.
        var names = !fails && head.ExternalIds is null && report.ExternalIds is { Count: > 0 };
        if (moves || names)
        {
            var at = Instant.Max(head.SentAt, OwnTime(turn, report.At).At); // no channel took it before it was written
            turn.Emit(new MessageDelivery(message, moves ? report.State : reached, at, report.ExternalIds, upTo && !fails, report.Code, report.Detail));
        }
    }

    /// <summary>Echoes that waited: ours merge, and once no reply is on its way (or patience is over) the others are messages of their own.</summary>
    private static void SettleEchoes(Turn turn, bool expired)
    {
        foreach (var (echo, until) in turn.State.DeferredEchoes)
        {
            if (Ours(turn.State, echo) is { } ours)
            {
                turn.Emit(new EchoMerged(echo.ExternalId, ours.Message));
            }
            else if (!turn.State.OnTheirWay.Any() || (expired && until <= turn.Now))
            {
                RecordNow(turn, echo);
            }
        }
    }

    /// <summary>The reply of ours that came back as this echo.</summary>
    private static MessageHead? Ours(Conversation state, InboundMessage echo) =>
        state.Recent.FirstOrDefault(h => h.ExternalIds?.Contains(echo.ExternalId) == true);

    private static string Wire(Visibility visibility) => visibility.ToString().ToLowerInvariant();
}
