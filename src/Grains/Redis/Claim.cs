using System.Globalization;

namespace Conversations.Grains.Redis;

/// <summary>Which entity a command id belongs to (docs/adr/0006-redis-journal.md).</summary>
/// <param name="Epoch">Counts how often the claim was taken over; what was done under an earlier one no longer counts.</param>
/// <param name="Entity"><c>kind/id</c>; the account is the id's.</param>
internal readonly record struct Claim(long Epoch, string Entity)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch} {Entity}");

    public static Claim Parse(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return new(long.Parse(text.AsSpan(0, space), CultureInfo.InvariantCulture), text[(space + 1)..]);
    }
}
