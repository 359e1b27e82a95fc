using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Domain;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using NodaTime;

namespace Conversations.Gateway.Http;

/// <summary>The API document at <c>/openapi/v1.json</c>. A copy is checked in; a test compares the two.</summary>
internal static class ApiDocument
{
    private const string Scheme = "bearer";

    public static void AddApiDocument(this IServiceCollection services) => services.AddOpenApi("v1", document =>
    {
        document.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        document.AddDocumentTransformer((api, _, _) =>
        {
            api.Info = new()
            {
                Title = "Conversations",
                Version = "v1",
                Description = "The real-time state of every customer-service conversation.",
            };
            api.Servers = [];
            api.Components ??= new();
            api.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [Scheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = Scheme, Description = "An API key, or a JWT of the configured provider." },
            };
            api.Security = [new() { [new OpenApiSecuritySchemeReference(Scheme, api)] = [] }];
            return Task.CompletedTask;
        });
        document.AddSchemaTransformer((schema, context, _) =>
        {
            var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
            if (type.IsEnum)
            {
                schema.Type = JsonSchemaType.String;
                var words = type == typeof(ItemOutcome) ? JsonNamingPolicy.SnakeCaseLower : JsonNamingPolicy.CamelCase;
                schema.Enum = [.. Enum.GetNames(type).Select(name => (JsonNode)words.ConvertName(name))];
            }
            else if (type == typeof(Instant))
            {
                (schema.Type, schema.Format) = (JsonSchemaType.String, "date-time");
            }
            else if (Array.Exists(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IStringId<>)))
            {
                schema.Type = JsonSchemaType.String;
            }

            WrittenForms.Describe(schema, type);

            return Task.CompletedTask;
        });
        document.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context);
            return Task.CompletedTask;
        });
    });

    private static readonly Dictionary<string, string> PathParameters = new()
    {
        ["conversations/{id}"] = "The conversation's id.",
        ["bulk-jobs/{id}"] = "The job's id.",
        ["agents/{id}"] = "The agent's id, chosen by you.",
        ["queues/{id}"] = "The queue's id, chosen by you.",
        ["offers/{offerId}"] = "The offer's id, as in the conversation's routing.",
        ["calendars/{id}"] = "The calendar's id, chosen by you.",
        ["policies/{id}"] = "The policy's id, chosen by you.",
        ["runs/{id}"] = "The run's id, as applying the policies answered it.",
        ["keys/{id}"] = "The key's id, as in its list.",
        ["dead-letters/{id}"] = "The dead letter's id, as in its list.",
        ["{channel}"] = "The kind of channel, for example webchat or x.",
        ["{channelAccount}"] = "Your own account on that channel.",
    };

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var (method, path) = (context.Description.HttpMethod, context.Description.RelativePath ?? "");
        var webhook = path.StartsWith("v1/webhooks", StringComparison.Ordinal);
        if (webhook)
        {
            operation.OperationId += method == "GET" ? "Challenge" : "Delivery"; // one endpoint, two operations
        }

        operation.Parameters ??= [];
        foreach (var parameter in operation.Parameters.OfType<OpenApiParameter>().Where(p => p.In == ParameterLocation.Path))
        {
            parameter.Description ??= PathParameters.First(known => path.Contains(known.Key.Replace("}", "", StringComparison.Ordinal), StringComparison.Ordinal)
                && known.Key.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal)).Value;
        }

        if (method is "POST" or "PUT" or "DELETE" && (path.StartsWith("v1/conversations", StringComparison.Ordinal)
            || path.StartsWith("v1/channels", StringComparison.Ordinal) || path.StartsWith("v1/bulk-jobs", StringComparison.Ordinal) || path.StartsWith("v1/keys", StringComparison.Ordinal)
            || path.StartsWith("v1/agents", StringComparison.Ordinal) || path.StartsWith("v1/queues", StringComparison.Ordinal)
            || path.StartsWith("v1/calendars", StringComparison.Ordinal) || path.StartsWith("v1/sla/policies", StringComparison.Ordinal)))
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Description = "The same key with the same request gets the first answer and has no second effect.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
            });
        }

        if (operation.Responses?.ContainsKey("428") == true)
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "If-Match",
                In = ParameterLocation.Header,
                Required = true,
                Description = "The ETag of the version you saw, for example \"42\".",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<AuthorizationPolicy>().Any())
        {
            Refuses(operation, context, "401", "No valid credential.");
            Refuses(operation, context, "403", "The caller's role may not do this.");
        }
    }

    private static void Refuses(OpenApiOperation operation, OpenApiOperationTransformerContext context, string status, string description) =>
        (operation.Responses ??= []).TryAdd(status, new OpenApiResponse
        {
            Description = description,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/problem+json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference("ProblemDetails", context.Document) },
            },
        });

    public static void MapApiDocument(this WebApplication app) => app.MapOpenApi();
}
