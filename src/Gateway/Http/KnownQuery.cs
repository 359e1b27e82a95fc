using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace Conversations.Gateway.Http;

/// <summary>
/// Refuses query parameters an endpoint does not know, as request bodies refuse unknown members (api.md 1): a filter with a
/// typing error would otherwise be no filter at all, and the caller would act on the wrong conversations.
/// </summary>
internal static class KnownQuery
{
    private static readonly ConcurrentDictionary<MethodInfo, HashSet<string>> Known = new();

    /// <summary>After authorization, so that nobody without a credential learns what an endpoint takes.</summary>
    public static void UseKnownQuery(this WebApplication app) => app.Use((context, next) =>
        context.Request.Query.Count > 0 && Stray(context) is { } stray
            ? Problems.Of(Input.Invalid("unknown_parameter", $"'{stray}' is not a query parameter of this address.")).ExecuteAsync(context)
            : next(context));

    private static string? Stray(HttpContext context)
    {
        // Platforms add what they like to webhooks' addresses; the hub's are its library's.
        if (context.GetEndpoint()?.Metadata is not { } metadata
            || metadata.GetMetadata<MethodInfo>() is not { } handler
            || metadata.GetMetadata<AuthorizationPolicy>() is null)
        {
            return null;
        }

        var known = Known.GetOrAdd(handler, static method => method.GetParameters().SelectMany(Names).ToHashSet(StringComparer.OrdinalIgnoreCase));
        return context.Request.Query.Keys.FirstOrDefault(name => !known.Contains(name));
    }

    /// <summary>What a parameter may be called in the query. A few names too many (a service's, a route's) do no harm.</summary>
    private static IEnumerable<string> Names(ParameterInfo parameter) =>
        parameter.GetCustomAttribute<AsParametersAttribute>() is null
            ? [parameter.GetCustomAttribute<FromQueryAttribute>()?.Name ?? parameter.Name ?? ""]
            : parameter.ParameterType.GetConstructors().SelectMany(c => c.GetParameters()).SelectMany(Names);
}
