using System.Text.Json;
using Conversations.Domain;

namespace Conversations.Engine;

/// <summary>Enum members are stored by their wire names: numbers would change their meaning when a member is put in between.</summary>
internal static class Names<TEnum> where TEnum : struct, Enum
{
    private static readonly Dictionary<TEnum, string> ByValue =
        Enum.GetValues<TEnum>().ToDictionary(v => v, v => JsonNamingPolicy.CamelCase.ConvertName(v.ToString()));

    private static readonly Dictionary<string, TEnum> ByName = ByValue.ToDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);

    public static string Of(TEnum value) => ByValue[value];

    public static TEnum Parse(string name) => ByName[name];
}

/// <summary>An actor in one column: <c>agent/ann</c>.</summary>
internal static class ActorText
{
    public static string Of(Actor actor) => $"{Names<ActorKind>.Of(actor.Kind)}/{actor.Id}";

    public static Actor Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return new(Names<ActorKind>.Parse(text[..slash]), text[(slash + 1)..]);
    }
}
