using System.Text.Json.Serialization;

namespace Conversations.Engine.Sqlite;

[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class ViewJson : JsonSerializerContext;
