namespace Conversations.Domain;

/// <summary>What takes back what a job does to one conversation, from how the conversation was before.</summary>
public static class JobUndo
{
    /// <summary>Nobody did anything: time ran. A conversation to which no more happened is as it was, for a job and for its undo.</summary>
    public static bool IsOnlyTime(ConversationEvent @event) => @event is SlaWarned or SlaBreached or SlaUnreachable or SlaChanged;

    public static bool Knows(ConversationCommand command) => command is Assign or Transfer or Close or SetPriority or ChangeLabels;

    /// <summary>
    /// Closing is taken back by opening: a conversation that was parked is open then. Notes that came along stay; they were said.
    /// </summary>
    public static ConversationCommand? Of(ConversationCommand command, ConversationRow before) => command switch
    {
        Assign or Transfer => new PutBack(before.Queue, before.Assignee, before.Skill),
        Close => new Reopen(),
        SetPriority => new SetPriority(before.Priority, before.PriorityReason),
        ChangeLabels c => new ChangeLabels(
            [.. (c.Remove ?? []).Except(c.Add ?? []).Intersect(before.Labels)],
            [.. (c.Add ?? []).Except(before.Labels)]),
        _ => null,
    };
}
