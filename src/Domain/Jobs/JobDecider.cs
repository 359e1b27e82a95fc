namespace Conversations.Domain;

/// <summary>
/// What a job does when asked. Whoever works on it may be repeated, or be two at once for a moment: what is already recorded
/// is accepted and records nothing.
/// </summary>
public static class JobDecider
{
    public static Decision<JobEvent> Decide(Job state, JobCommand command, Context context) => command switch
    {
        StartJob c => Start(state, c),
        _ when !state.Exists => Refusals.NotFound("bulk job"),
        FreezeItems c => Freeze(state, c),
        RecordResults c => Record(state, c),
        CancelJob => Cancel(state),
        UndoJob => Undo(state, context),
        RecordUndone c => Record(state, c),
        _ => Refusals.UnknownCommand(command),
    };

    private static Decision<JobEvent> Start(Job state, StartJob command)
    {
        if (state.Exists)
        {
            return new Refusal("job_exists", "There is such a job already.", RefusalKind.Conflict);
        }

        if (!JobUndo.Knows(command.Spec.Command))
        {
            return new Refusal("invalid_action", "This is not done to many conversations at once.", RefusalKind.Invalid);
        }

        if ((command.Spec.Filter is null) == (command.Ids is null))
        {
            return new Refusal("invalid_selection", "A job has either a filter or ids.", RefusalKind.Invalid);
        }

        ConversationId[]? ids = command.Ids is { } named ? [.. named.Distinct()] : null;
        return ids?.Length is 0 or > Job.MostNamed
            ? new Refusal("invalid_selection", $"Name 1 to {Job.MostNamed:N0} conversations.", RefusalKind.Invalid)
            : new Decision<JobEvent>.Accepted([new JobStarted(command.Spec, ids?.Length), .. (ids ?? []).Chunk(Job.ChunkSize).Select(c => new ItemsNamed(c))]);
    }

    private static Decision<JobEvent> Freeze(Job state, FreezeItems command)
    {
        if (state.Status != JobStatus.Listing || command.Chunk != state.Chunks)
        {
            return Accept();
        }

        FrozenItem[][] chunks = [.. command.Items.Chunk(Job.ChunkSize)];
        List<JobEvent> events = [];
        for (var i = 0; i < chunks.Length; i++)
        {
            var last = i == chunks.Length - 1;
            events.Add(new ItemsFrozen(state.Chunks + i, chunks[i], last ? command.Next : null, last && command.Next is null));
        }

        if (chunks.Length == 0)
        {
            events.Add(new ItemsFrozen(state.Chunks, [], command.Next, command.Next is null));
        }

        if (command.Next is null && state.Total + command.Items.Count == 0)
        {
            events.Add(new JobFinished(Cancelled: false));
        }

        return new Decision<JobEvent>.Accepted(events);
    }

    private static Decision<JobEvent> Record(Job state, RecordResults command)
    {
        if (state.Status is not (JobStatus.Running or JobStatus.Cancelling) || (command.Chunk != state.Worked && command.Chunks.Count > 0))
        {
            return Accept();
        }

        List<JobEvent> events = [];
        var tally = state.Tally;
        foreach (var results in command.Chunks)
        {
            tally = tally.With(results);
            events.Add(new JobProgressed(command.Chunk + events.Count, tally, results));
        }

        var complete = state.Worked + command.Chunks.Count == state.Chunks;
        if (complete || state.Status == JobStatus.Cancelling)
        {
            events.Add(new JobFinished(Cancelled: !complete));
        }

        return new Decision<JobEvent>.Accepted(events);
    }

    private static Decision<JobEvent> Record(Job state, RecordUndone command)
    {
        if (state.Status != JobStatus.Undoing || command.Chunk != state.UndoWorked)
        {
            return Accept();
        }

        List<JobEvent> events = [];
        var tally = state.UndoTally ?? new();
        foreach (var results in command.Chunks)
        {
            tally = tally.With(results);
            events.Add(new UndoProgressed(command.Chunk + events.Count, tally, results));
        }

        if (state.UndoWorked + command.Chunks.Count == state.Worked)
        {
            events.Add(new UndoFinished());
        }

        return new Decision<JobEvent>.Accepted(events);
    }

    /// <summary>While it lists nothing has been done yet, and it ends here; else with the results of what is under way.</summary>
    private static Decision<JobEvent> Cancel(Job state) => state.Status switch
    {
        JobStatus.Listing => Accept(new JobFinished(Cancelled: true)),
        JobStatus.Running => Accept(new JobCancelling()),
        _ => Accept(),
    };

    private static Decision<JobEvent> Undo(Job state, Context context)
    {
        if (state.Status is JobStatus.Undoing or JobStatus.Undone)
        {
            return Accept();
        }

        return !state.IsOver ? new Refusal("job_running", "The job is not over yet. Cancel it, or wait for its end.", RefusalKind.Conflict)
            : state.UndoUntil is not { } until ? new Refusal("nothing_to_undo", "The job did nothing that could be taken back.", RefusalKind.Conflict)
            : context.Now > until ? new Refusal("undo_expired", $"A job can be undone for {Job.UndoWindow.TotalMinutes} minutes after its end.", RefusalKind.Gone)
            : Accept(new UndoStarted());
    }

    private static Decision<JobEvent> Accept(params JobEvent[] events) => new Decision<JobEvent>.Accepted(events);
}
