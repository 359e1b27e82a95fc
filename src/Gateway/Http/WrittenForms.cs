using System.Text.Json;
using System.Text.Json.Nodes;
using Conversations.Domain;
using Conversations.Domain.Sla;
using Microsoft.OpenApi;
using NodaTime;

namespace Conversations.Gateway.Http;

/// <summary>How values with a form of their own look in JSON, which their type does not tell the API document.</summary>
internal static class WrittenForms
{
    public static void Describe(OpenApiSchema schema, Type type)
    {
        if (type == typeof(LocalDate))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.String, "date");
        }
        else if (type == typeof(Sla.PlainTime))
        {
            (schema.Type, schema.Format, schema.Properties, schema.Required) = (JsonSchemaType.String, "date-time", null, null);
        }
        else if (type == typeof(Phase) || type == typeof(SimulatedEventType))
        {
            schema.Enum = [.. Enum.GetNames(type).Select(name => (JsonNode)JsonNamingPolicy.SnakeCaseLower.ConvertName(name))];
        }
        else if (type == typeof(Hours))
        {
            Pair(schema, new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^([01][0-9]|2[0-4]):[0-5][0-9]$" });
            schema.Description = "Start and end on the wall clock, for example [\"09:00\",\"17:00\"]; 24:00 is an end.";
        }
        else if (type == typeof(PolicyTarget))
        {
            schema.Type = null;
            schema.Properties = null;
            schema.Required = null;
            schema.OneOf =
            [
                new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "Seconds of the calendar's hours." },
                new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Description = "Seconds; always: every one counts, whatever the calendar.",
                    Properties = new Dictionary<string, IOpenApiSchema>
                    {
                        ["seconds"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
                        ["always"] = new OpenApiSchema { Type = JsonSchemaType.Boolean },
                    },
                    Required = new HashSet<string> { "seconds" },
                },
            ];
        }
        else if (type == typeof(Sla.PauseSpan))
        {
            Pair(schema, new OpenApiSchema { Type = JsonSchemaType.String | JsonSchemaType.Null, Format = "date-time" });
            schema.Description = "From and to; to is null while it lasts.";
        }
    }

    private static void Pair(OpenApiSchema schema, OpenApiSchema item)
    {
        schema.Type = JsonSchemaType.Array;
        schema.Properties = null;
        schema.Required = null;
        (schema.Items, schema.MinItems, schema.MaxItems) = (item, 2, 2);
    }
}
