using Microsoft.OpenApi;

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
        document.AddOperationTransformer((operation, context, _) =>
        {
            if (context.Description.HttpMethod is "POST" or "PUT" or "DELETE" && context.Description.RelativePath?.StartsWith("v1/webhooks", StringComparison.Ordinal) != true)
            {
                operation.Parameters ??= [];
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
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = "If-Match",
                    In = ParameterLocation.Header,
                    Required = true,
                    Description = "The ETag of the version you saw, for example \"42\".",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }

            return Task.CompletedTask;
        });
    });

    public static void MapApiDocument(this WebApplication app) => app.MapOpenApi();
}
