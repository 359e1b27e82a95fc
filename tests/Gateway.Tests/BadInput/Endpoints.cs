namespace Conversations.Gateway.Tests.BadInput;

/// <summary>Every endpoint with who may use it, and for those with a body one that is well formed.</summary>
/// <param name="Path"><c>{id}</c> stands for a conversation.</param>
/// <param name="Roles">First letters: agent, supervisor, admin (m), operator, integrator.</param>
public sealed record Endpoint(string Method, string Path, string Roles, string? Body = null, bool BodyOptional = false, bool IfMatch = false, string ContentType = "application/json")
{
    private const string People = "a s m", PeopleAndBots = "a s m i", Readers = "a s m i";

    public static readonly Endpoint[] All =
    [
        new("POST", "/v1/inbound", "i m", """{"channel":"webchat","channelAccount":"acme","thread":"t","externalId":"e","author":{"id":"u"},"text":"x"}"""),
        new("POST", "/v1/inbound:batch", "i m", ContentType: "application/x-ndjson"),
        new("POST", "/v1/inbound:change", "i m", """{"channel":"webchat","channelAccount":"acme","externalId":"e","eventId":"v","kind":"edited","text":"x"}"""),
        new("PUT", "/v1/channels/webchat/other", "m", """{"name":"x"}"""),
        new("GET", "/v1/channels/webchat/acme", "m s i"),
        new("GET", "/v1/channels", "m s i"),
        new("GET", "/v1/conversations", Readers),
        new("GET", "/v1/conversations:batchGet?id={id}", Readers),
        new("GET", "/v1/conversations/{id}", Readers),
        new("GET", "/v1/conversations/{id}/events", Readers),
        new("POST", "/v1/conversations/{id}/messages", PeopleAndBots, """{"text":"x"}"""),
        new("POST", "/v1/conversations/{id}/assign", People, """{"agent":"ann"}""", IfMatch: true),
        new("POST", "/v1/conversations/{id}/transfer", People, """{"toQueue":"vip"}""", IfMatch: true),
        new("POST", "/v1/conversations/{id}/close", People, """{"disposition":"solved"}""", IfMatch: true),
        new("POST", "/v1/conversations/{id}/reopen", People, """{"epoch":0}""", BodyOptional: true),
        new("POST", "/v1/conversations/{id}/pending", People, """{"until":"2026-12-01T00:00:00Z"}"""),
        new("POST", "/v1/conversations/{id}/hold", People, """{"epoch":0}""", BodyOptional: true),
        new("POST", "/v1/conversations/{id}/snooze", People, """{"until":"2026-12-01T00:00:00Z"}"""),
        new("POST", "/v1/conversations/{id}/priority", PeopleAndBots, """{"priority":"high"}"""),
        new("POST", "/v1/conversations/{id}/labels", PeopleAndBots, """{"add":["vip"]}"""),
        new("POST", "/v1/conversations/{id}/spam", People, """{"epoch":0}""", BodyOptional: true),
        new("POST", "/v1/conversations/{id}/read", People, """{"upTo":1}"""),
        new("POST", "/v1/conversations/{id}/handoff", PeopleAndBots, """{"toQueue":"vip"}"""),
        new("POST", "/v1/conversations/{id}/typing", People, """{"state":"viewing"}"""),
        new("POST", "/v1/conversations/{id}/block", People, """{"blocked":true}"""),
        new("POST", "/v1/bulk-jobs", "s m", """{"ids":["c00000000000000000000000000000000"],"action":"close"}"""),
        new("GET", "/v1/bulk-jobs/{id}", "s m"),
        new("GET", "/v1/bulk-jobs/{id}/items", "s m"),
        new("POST", "/v1/bulk-jobs/{id}/cancel", "s m"),
        new("POST", "/v1/bulk-jobs/{id}/undo", "s m"),
        new("POST", "/v1/conversations/{id}/offers/o-1/rescind", "s m"),
        new("POST", "/v1/conversations/{id}/boost", "s m", """{"seconds":60}"""),
        new("POST", "/v1/conversations/{id}/complete-wrap-up", "s m", """{"disposition":"solved"}"""),
        new("POST", "/v1/conversations/{id}/stop-monitoring", "s m"),
        new("POST", "/v1/conversations/{id}/whisper", "s m", """{"text":"x"}"""),
        new("POST", "/v1/conversations/{id}/barge", "s m"),
        new("POST", "/v1/conversations/{id}/take-over", "s m"),
        new("POST", "/v1/conversations/{id}/leave", People),
        new("GET", "/v1/conversations/{id}/routing", People),
        new("PUT", "/v1/agents/000000000000", "m", """{"name":"x"}"""),
        new("GET", "/v1/agents/000000000000", People),
        new("DELETE", "/v1/agents/000000000000", "m"),
        new("POST", "/v1/agents/000000000000/drain", "s m", """{"mode":"graceful"}"""),
        new("POST", "/v1/agents/000000000000/terms", "s m", """{"capacity":50}"""),
        new("GET", "/v1/agents", "s m"),
        new("POST", "/v1/queues/000000000000/drain", "s m", """{"to":"vip"}"""),
        new("DELETE", "/v1/queues/000000000000/drain", "s m"),
        new("PUT", "/v1/queues/000000000000", "m", """{"name":"x"}"""),
        new("GET", "/v1/queues/000000000000", Readers),
        new("GET", "/v1/queues", Readers),
        new("DELETE", "/v1/queues/000000000000", "m"),
        new("PUT", "/v1/routing", "m", """{"perMinute":6}"""),
        new("GET", "/v1/routing", "s m"),
        new("GET", "/v1/feed?topic=conversation/{id}&cursor=wrong", Readers),
        new("GET", "/v1/changes", "s m i"),
        new("GET", "/v1/me", "a s m o i"),
        new("GET", "/v1/agents:batchGet?id=ann", People),
        new("POST", "/v1/keys", "m", """{"name":"x","role":"integrator"}"""),
        new("GET", "/v1/keys", "m"),
        new("DELETE", "/v1/keys/000000000000", "m"),
        new("GET", "/v1/nodes", "o m"),
        new("GET", "/v1/audit", "m"),
        new("GET", "/v1/wallboard", "a s m"),
        new("PUT", "/v1/calendars/office", "s m", """{"timezone":"Etc/UTC","weekly":{"mon":[["09:00","17:00"]]}}"""),
        new("GET", "/v1/calendars/office", "a s m i"),
        new("GET", "/v1/calendars", "a s m i"),
        new("POST", "/v1/calendars/office/holidays:import", "s m", ContentType: "text/calendar"),
        new("PUT", "/v1/sla/policies/gold", "s m", """{"position":7,"when":{"channels":["none"]},"targets":{"low":{"firstResponse":60}}}"""),
        new("GET", "/v1/sla/policies/gold", "a s m i"),
        new("DELETE", "/v1/sla/policies/gold", "s m"),
        new("GET", "/v1/sla/policies", "a s m i"),
        new("POST", "/v1/sla/policies:apply", "m", """{"dryRun":true}""", BodyOptional: true),
        new("GET", "/v1/sla/runs/r1", "s m"),
        new("GET", "/v1/sla/signing-secret", "m"),
        new("GET", "/v1/conversations/{id}/sla", "a s m i"),
        new("POST", "/v1/conversations/{id}/sla/override", "s m", """{"metric":"firstResponse","due":"2027-01-01T00:00:00Z","reason":"x"}"""),
        new("POST", "/v1/conversations/{id}/tier", "a s m i", """{"tier":"gold"}"""),
        new("POST", "/v1/sla/preview", "s m", """{"calendar":{"timezone":"Etc/UTC","weekly":{"mon":[["09:00","17:00"]]}},"op":"next_open","start":"2025-01-06T09:00:00Z"}"""),
        new("GET", "/v1/dead-letters", "o m"),
        new("POST", "/v1/dead-letters/1/replay", "o m"),
        new("POST", "/v1/dead-letters/1/discard", "o m"),
    ];

    public static TheoryData<string> WithBody => [.. All.Where(e => e.Body is not null).Select(e => e.ToString())];

    public static TheoryData<string> Every => [.. All.Select(e => e.ToString())];

    public static TheoryData<string> NeedingIfMatch => [.. All.Where(e => e.IfMatch).Select(e => e.ToString())];

    public static TheoryData<string> OfConversations => [.. All.Where(e => e.Path.StartsWith("/v1/conversations/{id}", StringComparison.Ordinal)).Select(e => e.ToString())];

    public static Endpoint Of(string name) => All.Single(e => e.ToString() == name);

    public override string ToString() => $"{Method} {Path}";

    internal Task<Answer> Ask(Api by, string conversation, object? body = null, object? ifMatch = null, string? contentType = null) =>
        by.Send(HttpMethod.Parse(Method), Path.Replace("{id}", conversation, StringComparison.Ordinal), body, ifMatch, contentType: contentType ?? ContentType);
}
