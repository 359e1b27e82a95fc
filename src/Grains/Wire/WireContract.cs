using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Conversations.Domain;
using Conversations.Domain.Json;
using Conversations.Engine;

namespace Conversations.Grains;

/// <summary>
/// What travels between processes, under names that do not change when a type is moved or renamed; two versions meet during a
/// rolling upgrade, so it only ever grows. A new kind of entity adds its two lines here and to <see cref="WireJson"/>.
/// </summary>
internal static class WireContract
{
    public static readonly IReadOnlyDictionary<string, Type> Messages = new Dictionary<string, Type>
    {
        ["conversation.command"] = typeof(Envelope<ConversationCommand>),
        ["conversation.answer"] = typeof(Answered<ConversationAnswer>),
        ["reference.command"] = typeof(Envelope<ReferenceCommand>),
        ["reference.answer"] = typeof(Answered<ReferenceAnswer>),
        ["job.command"] = typeof(Envelope<JobCommand>),
        ["job.answer"] = typeof(Answered<JobAnswer>),
        ["agent.command"] = typeof(Envelope<AgentCommand>),
        ["agent.answer"] = typeof(Answered<AgentAnswer>),
        ["queue.command"] = typeof(Envelope<QueueCommand>),
        ["queue.answer"] = typeof(Answered<QueueAnswer>),
        ["account.command"] = typeof(Envelope<AccountCommand>),
        ["account.answer"] = typeof(Answered<AccountAnswer>),
    };

    /// <summary>Domain types as the journal has them; envelopes and answers around them.</summary>
    public static readonly JsonSerializerOptions Json = new(DomainJson.Contract.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(DomainJson.Contract, WireJson.Default),
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(InstantConverter), typeof(DurationConverter)])]
[JsonSerializable(typeof(Envelope<ConversationCommand>))]
[JsonSerializable(typeof(Answered<ConversationAnswer>))]
[JsonSerializable(typeof(Envelope<ReferenceCommand>))]
[JsonSerializable(typeof(Answered<ReferenceAnswer>))]
[JsonSerializable(typeof(Envelope<JobCommand>))]
[JsonSerializable(typeof(Answered<JobAnswer>))]
[JsonSerializable(typeof(Envelope<AgentCommand>))]
[JsonSerializable(typeof(Answered<AgentAnswer>))]
[JsonSerializable(typeof(Envelope<QueueCommand>))]
[JsonSerializable(typeof(Answered<QueueAnswer>))]
[JsonSerializable(typeof(Envelope<AccountCommand>))]
[JsonSerializable(typeof(Answered<AccountAnswer>))]
internal sealed partial class WireJson : JsonSerializerContext;
