using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Gateway.Conversations;

internal static class RowSettings
{
    /// <summary>
    /// The account's configuration, not older than what the rows were decided with: elsewhere in a cluster that may be newer than
    /// what is known here.
    /// </summary>
    public static ValueTask<AccountSettings> For(
        this SettingsCache settings, AccountId account, IReadOnlyCollection<ConversationRow> rows, CancellationToken cancellation) =>
        settings.Get(account, known => rows.All(row => Knows(known, row.FirstResponse) && Knows(known, row.NextResponse) && Knows(known, row.Resolution)), cancellation);

    private static bool Knows(AccountSettings settings, Clock? clock) =>
        clock?.Calendar is not { } calendar || settings.Calendar(calendar.Id, calendar.Version) is not null;
}
