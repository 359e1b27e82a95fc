namespace Conversations.Engine;

/// <summary>
/// What a live entity knows of itself: the newest state decided, whose commit may still be on its way, and whether that turned
/// out not to be true (ADR 14). Read and replaced by one caller at a time; doubted by whichever commit ends.
/// </summary>
internal sealed class DecidedState<TState>
    where TState : class
{
    private readonly Lock _gate = new();

    /// <summary>Null: read the journal.</summary>
    private TState? _state;

    /// <summary>Raised when <see cref="_state"/> turned out not to be true: what was decided on it is decided again.</summary>
    private int _doubts;

    /// <summary>The newest state, and the doubts it is free of. Null: it is to be read, once <see cref="Last"/> has ended.</summary>
    public (TState? State, int Doubts) Known
    {
        get
        {
            lock (_gate)
            {
                return (_state, _doubts);
            }
        }
    }

    public int Doubts => Volatile.Read(ref _doubts);

    /// <summary>The end of the last commit begun. Never fails.</summary>
    public Task Last { get; private set; } = Task.CompletedTask;

    /// <summary>A commit was begun.</summary>
    public Task<T> Follow<T>(Task<T> commit)
    {
        Last = commit;
        return commit;
    }

    public void Keep(TState state, int doubts)
    {
        lock (_gate)
        {
            if (_doubts == doubts)
            {
                _state = state;
            }
        }
    }

    /// <summary>
    /// What is in memory may not be what is written: the next command reads again, once everything under way has ended. What was decided
    /// before that says nothing about what was read then.
    /// </summary>
    public void Doubt(int doubts)
    {
        lock (_gate)
        {
            if (_doubts == doubts)
            {
                _state = null;
                _doubts++;
            }
        }
    }

    /// <summary>Nothing was written: what was known before is still true, unless more was decided on what did not come to be.</summary>
    public void Undo(TState before, TState decided, int doubts)
    {
        lock (_gate)
        {
            if (_doubts == doubts)
            {
                _state = ReferenceEquals(_state, decided) ? before : null;
                _doubts++;
            }
        }
    }
}
