using System.Globalization;
using Conversations.Engine;
using StackExchange.Redis;

namespace Conversations.Grains.Redis;

/// <summary>Which form the journal is stored in.</summary>
internal static class Schema
{
    /// <summary>Raise it with every change of keys, values or scripts that an older program would misread.</summary>
    public const int Version = 1;

    /// <summary>Writes it at the first start, and checks it at every other.</summary>
    /// <returns>Into how many partitions the journal is split.</returns>
    /// <exception cref="StoreUnavailableException">Another version wrote it, or it is split otherwise.</exception>
    public static async Task<int> Prepare(RedisLink link, RedisOptions options, TimeProvider time)
    {
        await Try(link, options.Prefix);
        var stored = (RedisValue[])(await link.Write(
            Script.Open,
            [Keys.JournalOf(options.Prefix)],
            [Version, options.Partitions ?? RedisOptions.DefaultPartitions, time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)]))!;
        var (schema, partitions) = ((int)stored[0], (int)stored[1]);
        if (schema != Version)
        {
            throw new StoreUnavailableException(schema > Version
                ? $"The journal '{options.Prefix}' was written by a newer program (schema {schema}; this one knows {Version}). "
                    + "Start the newer program again, or restore a backup made before the upgrade."
                : $"The journal '{options.Prefix}' has the unknown schema {schema}. Restore a backup, or choose another Redis:Prefix.");
        }

        if (options.Partitions is { } asked && asked != partitions)
        {
            throw new StoreUnavailableException(
                $"The journal '{options.Prefix}' is split into {partitions} partitions, and Redis:Partitions asks for {asked}. "
                + $"Set it to {partitions} or leave it out: the number cannot be changed, since entities would be looked for where they are not. "
                + "For another number choose another Redis:Prefix, or an empty Redis.");
        }

        return partitions;
    }

    /// <summary>A command that is missing must be found out now, not in the middle of a commit.</summary>
    private static async Task Try(RedisLink link, string prefix)
    {
        var found = "its scripts compute otherwise than expected";
        try
        {
            if ((bool)await link.Write(Script.Trial, [$"{{{prefix}:trial}}"], []))
            {
                return;
            }
        }
        catch (RedisServerException e)
        {
            found = e.Message;
        }

        throw new StoreUnavailableException(
            $"This Redis cannot do what a commit needs: {found}. Use Redis 6.2 or newer (or Valkey), and a user who may use all data commands, "
            + $"scripts and channels on names that begin with '{prefix}' and '{{{prefix}'.");
    }
}
