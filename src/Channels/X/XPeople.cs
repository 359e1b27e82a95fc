using System.Text.Json;
using Conversations.Domain;

namespace Conversations.Channels.X;

/// <summary>The users an envelope tells about, as a list or as a map by id. Somebody it does not tell about is known by id alone.</summary>
internal sealed class XPeople
{
    private readonly Dictionary<string, Author> known = [];

    public XPeople(params ReadOnlySpan<JsonElement> sources)
    {
        foreach (var source in sources)
        {
            foreach (var user in source.Items())
            {
                Add(user.Unwrapped().Id("id_str", "id"), user);
            }

            if (source.Is(JsonValueKind.Object))
            {
                foreach (var user in source.EnumerateObject())
                {
                    Add(user.Name, user.Value); // the key counts: the id inside has been seen wrong
                }
            }
        }
    }

    public Author Find(string id) => known.GetValueOrDefault(id) ?? new Author(id);

    public Author Find(string id, string? handle) =>
        Find(id) is { Handle: null } author && !string.IsNullOrEmpty(handle) ? author with { Handle = "@" + handle } : Find(id);

    /// <summary>v2 says <c>username</c> and <c>public_metrics</c>, v1.1 <c>screen_name</c> and a bare count.</summary>
    public static Author Read(string id, JsonElement user)
    {
        user = user.Unwrapped();
        var handle = user.At("username").Text() ?? user.At("screen_name").Text();
        var followers = user.At("public_metrics").At("followers_count").Number() ?? user.At("followers_count").Number();
        return new(
            id,
            user.At("name").Text() is { Length: > 0 } name ? name : null,
            string.IsNullOrEmpty(handle) ? null : "@" + handle,
            followers is >= 0 ? followers : null);
    }

    private void Add(string? id, JsonElement user)
    {
        if (id is not null && user.Is(JsonValueKind.Object))
        {
            known.TryAdd(id, Read(id, user));
        }
    }
}
