using System.Text.Json;
using Conversations.Domain.Json;

namespace Conversations.Engine.Sqlite;

/// <summary>
/// A commit with its row already turned into JSON: done by the caller, because the one writing thread is what every caller
/// waits for.
/// </summary>
internal sealed class PreparedCommit
{
    public required Commit Commit { get; init; }

    public byte[]? Row { get; private init; }

    /// <exception cref="ArgumentException">The events do not follow the expected version. Nothing was written.</exception>
    public static PreparedCommit Of(Commit commit)
    {
        commit.CheckSeqs();
        return new()
        {
            Commit = commit,
            Row = commit.View is { } row ? JsonSerializer.SerializeToUtf8Bytes(row, DomainJson.Contract.ConversationRow) : null,
        };
    }
}
