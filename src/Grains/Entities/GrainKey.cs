using Conversations.Domain;
using Conversations.Engine;

namespace Conversations.Grains;

/// <summary>An entity's key within its grain type: <c>{account}/{id}</c>, the account escaped so that no other slash comes first.</summary>
internal static class GrainKey
{
    public static string Of(EntityKey entity) => $"{Uri.EscapeDataString(entity.Account.Value)}/{entity.Id}";

    public static EntityKey Read(string kind, string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return new(new AccountId(Uri.UnescapeDataString(key[..slash])), kind, key[(slash + 1)..]);
    }
}
