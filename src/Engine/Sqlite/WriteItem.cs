namespace Conversations.Engine.Sqlite;

/// <summary>A write on its way through the <see cref="GroupWriter"/>.</summary>
internal abstract class WriteItem
{
    private const int Waiting = 0, Begun = 1, Withdrawn = 2;
    private int _state;

    /// <summary>
    /// Exactly one of begin and withdraw succeeds, so a caller that was told "cancelled" can rely on it that nothing happened.
    /// </summary>
    public virtual bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) == Waiting;

    protected bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;

    public abstract void Apply();

    /// <summary>The transaction was committed: hands the result to the caller.</summary>
    public abstract void Answer();

    public abstract void Fail(Exception e);
}

internal sealed class WriteItem<T> : WriteItem
{
    // Asynchronous continuations: the callers' code must not run on the writing thread.
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<T> _apply;
    private readonly CancellationTokenRegistration _registration;
    private T? _result;

    public WriteItem(Func<T> apply, CancellationToken cancellation)
    {
        _apply = apply;
        _registration = cancellation.UnsafeRegister(static (item, token) => ((WriteItem<T>)item!).Withdraw(token), this);
    }

    public Task<T> Task => _answer.Task;

    public override bool TryBegin()
    {
        Forget();
        return base.TryBegin();
    }

    /// <summary>Stops listening to the caller's cancellation.</summary>
    public void Forget() => _registration.Unregister();

    public override void Apply() => _result = _apply();

    public override void Answer() => _answer.TrySetResult(_result!);

    public override void Fail(Exception e) => _answer.TrySetException(e);

    private void Withdraw(CancellationToken token)
    {
        if (TryWithdraw())
        {
            _answer.TrySetCanceled(token);
        }
    }
}
