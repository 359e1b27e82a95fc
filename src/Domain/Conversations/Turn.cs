using Conversations.Domain.Sla;
using NodaTime;

namespace Conversations.Domain;

/// <summary>
/// One decision in the making: each event is applied as it is emitted, so the next step of the same decision sees its
/// effect. Local to <see cref="ConversationDecider"/>; from outside the decision is a pure function.
/// </summary>
internal sealed class Turn(Conversation before, Context context)
{
    private readonly List<ConversationEvent> _events = [];
    private List<SlaAction>? _actions;
    private ClockReader? _reader;

    public Conversation State { get; private set; } = before;
    public Context Context { get; } = context;

    /// <summary>Another machine's clock may lag: nothing is decided before the last change of status.</summary>
    public Instant Now { get; } = Instant.Max(context.Now, before.StatusAt);

    public IReadOnlyList<ConversationEvent> Events => _events;

    /// <summary>The id of the message that the next emitted event would bring.</summary>
    public MessageId NextMessage => MessageId.Of(State.Id, State.Seq + 1);

    public long NextIndex => State.MessageCount + 1;

    /// <summary>Reads clocks with the account's calendars.</summary>
    public ClockReader Reader => _reader ??= new(calendar => Context.Settings.Calendar(calendar.Id, calendar.Version)?.Calendar);

    public void Emit(ConversationEvent @event)
    {
        if (@event is SlaChanged clocks && _events is [.., { Sla: null } last and not SlaChanged])
        {
            _events[^1] = last with { Sla = clocks };
            State = ClocksEvolve.Evolve(State, clocks);
            return;
        }

        _events.Add(@event);
        State = ConversationEvolve.Evolve(State, new(State.Seq + 1, Now, Context.Actor, "", @event));
    }

    /// <summary>The levels of the policy version an instance runs under.</summary>
    public IReadOnlyList<SlaLevel> Levels(Instance instance, Clock clock)
    {
        for (var i = instance.Pledges.Count - 1; i >= 0; i--)
        {
            if (instance.Pledges[i] is { Seconds: not null } pledge && pledge.Policy == clock.Policy && pledge.Version == clock.PolicyVersion)
            {
                return pledge.WarnAt is { } fraction
                    ? SlaLevel.WarningAt(fraction)
                    : Context.Settings.Policy(new(clock.Policy), clock.PolicyVersion)?.Levels ?? [];
            }
        }

        return [];
    }

    /// <summary>Takes note of what is to be done about a level: this conversation's own changes follow in the same decision, others are told.</summary>
    /// <returns>Who is told, and when; null: nobody.</returns>
    public IReadOnlyList<SlaNotice>? Notify(IReadOnlyList<SlaAction> actions)
    {
        List<SlaNotice>? notices = null;
        foreach (var action in actions)
        {
            switch (action)
            {
                case SlaAction.Webhook webhook:
                    (notices ??= []).Add(new(NoticeKind.Webhook, webhook.Url, OpeningOf(webhook.Hours)));
                    break;
                case SlaAction.Mail mail:
                    (notices ??= []).Add(new(NoticeKind.Mail, mail.To, OpeningOf(mail.Hours)));
                    break;
                case SlaAction.Notify notify:
                    if ((notify.Agent ?? State.Assignee) is { } agent)
                    {
                        (notices ??= []).Add(new(NoticeKind.Agent, agent.Value, OpeningOf(notify.Hours)));
                    }

                    break;
                default:
                    (_actions ??= []).Add(action);
                    break;
            }
        }

        return notices is { Count: > 1 } ? [.. notices.Distinct()] : notices;
    }

    /// <summary>What is to be done to the conversation itself, once.</summary>
    public IReadOnlyList<SlaAction> TakeActions()
    {
        var taken = _actions ?? [];
        _actions = null;
        return taken;
    }

    private Instant? OpeningOf(CalendarId? hours) =>
        hours is { } id && Context.Settings.Calendar(id)?.Calendar.NextOpen(Now) is { } opens && opens > Now ? opens : null;
}
