using System.Security.Claims;
using System.Text.Encodings.Web;
using Conversations.Domain;
using Conversations.Gateway.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace Conversations.Gateway.Auth;

/// <summary><c>Authorization: Bearer</c> with an API key, or with a JWT of the configured OpenID provider.</summary>
internal static class Authentication
{
    public const string KeyScheme = "ApiKey", Either = "KeyOrToken";

    /// <summary>
    /// JWTs are accepted when <c>Auth:Authority</c> and <c>Auth:Audience</c> are set. The token's claims <c>account</c>,
    /// <c>role</c> and (for agents; default: the subject) <c>agent</c> say who it is; the names are set by <c>Auth:*Claim</c>.
    /// </summary>
    public static void AddConversationsAuth(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection("Auth");
        var authority = options["Authority"];
        var auth = builder.Services.AddAuthentication(Either)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(KeyScheme, null)
            .AddPolicyScheme(Either, null, scheme => scheme.ForwardDefaultSelector = context =>
                authority is not null && Token(context.Request)?.StartsWith("ey", StringComparison.Ordinal) == true
                    ? JwtBearerDefaults.AuthenticationScheme
                    : KeyScheme);
        if (authority is not null)
        {
            if (options["Audience"] is not { Length: > 0 })
            {
                throw new InvalidOperationException("Auth:Authority is set but Auth:Audience is not. Without it no token could be told to be meant for this system.");
            }

            auth.AddJwtBearer(jwt => ConfigureJwt(jwt, authority, options));
        }

        builder.Services.AddAuthorizationBuilder().SetDefaultPolicy(new AuthorizationPolicyBuilder(Either)
            .RequireAssertion(context => Caller.From(context.User) is not null).Build());
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider(); // no cookies here: no keys on disk either
        builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, RefuseWithProblem>();
        builder.Services.AddSingleton<ApiKeys>();
    }

    public static void AddFirstKey(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<FirstKey>();
        builder.Services.AddHostedService(sp => sp.GetRequiredService<FirstKey>());
    }

    /// <summary>Only these roles may. Everyone else is told 403.</summary>
    public static TBuilder For<TBuilder>(this TBuilder endpoint, params Role[] roles) where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(policy => policy
            .AddAuthenticationSchemes(Either)
            .RequireAssertion(context => Caller.From(context.User) is { } caller && roles.Contains(caller.Role)));

    internal static string? Token(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return header["Bearer ".Length..].Trim();
        }

        // Browsers cannot set headers on web sockets; SignalR clients send the token in the query instead.
        return header.Length == 0 && request.Path.StartsWithSegments("/v1/hub") ? request.Query["access_token"].ToString() is { Length: > 0 } token ? token : null : null;
    }

    private static void ConfigureJwt(JwtBearerOptions jwt, string authority, IConfigurationSection options)
    {
        jwt.Authority = authority;
        jwt.Audience = options["Audience"];
        jwt.RequireHttpsMetadata = !authority.StartsWith("http://127.0.0.1", StringComparison.Ordinal);
        jwt.MapInboundClaims = false;
        jwt.Events = new()
        {
            OnMessageReceived = received =>
            {
                received.Token = Token(received.Request);
                return Task.CompletedTask;
            },
            OnTokenValidated = validated =>
            {
                if (CallerOf(validated.Principal!, options) is { } caller)
                {
                    validated.Principal = caller.ToPrincipal(JwtBearerDefaults.AuthenticationScheme, validated.SecurityToken.ValidTo);
                }
                else
                {
                    validated.Fail("The token names no account and role.");
                }

                return Task.CompletedTask;
            },
        };
    }

    private static Caller? CallerOf(ClaimsPrincipal token, IConfigurationSection options) =>
        token.FindFirstValue(options["AccountClaim"] ?? "account") is { Length: > 0 } account
        && token.FindFirstValue("sub") is { Length: > 0 } subject
        && RoleOf(token.FindFirstValue(options["RoleClaim"] ?? "role")) is { } role
            ? new(new(account), $"sub:{subject}", role, role is Role.Agent or Role.Supervisor ? new AgentId(token.FindFirstValue(options["AgentClaim"] ?? "agent") ?? subject) : null)
            : null;

    /// <summary>Names only: Enum.TryParse would also take "2", and "agent,admin" for both at once.</summary>
    private static Role? RoleOf(string? claim)
    {
        foreach (var role in Enum.GetValues<Role>())
        {
            if (string.Equals(role.ToString(), claim, StringComparison.OrdinalIgnoreCase))
            {
                return role;
            }
        }

        return null;
    }

    private sealed class ApiKeyHandler(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ApiKeys keys)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override async Task<AuthenticateResult> HandleAuthenticateAsync() =>
            Token(Request) is not { } token ? AuthenticateResult.NoResult()
            : await keys.Check(token, Context.RequestAborted) is { } caller ? AuthenticateResult.Success(new(caller.ToPrincipal(KeyScheme), KeyScheme))
            : AuthenticateResult.Fail("Unknown key.");
    }

    private sealed class RefuseWithProblem : IAuthorizationMiddlewareResultHandler
    {
        public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
        {
            if (authorizeResult.Succeeded)
            {
                return next(context);
            }

            if (Caller.From(context.User) is { } caller)
            {
                return Problems.Of(StatusCodes.Status403Forbidden, "forbidden", $"The role '{caller.Role.ToString().ToLowerInvariant()}' may not do this.").ExecuteAsync(context);
            }

            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Of(StatusCodes.Status401Unauthorized, "unauthorized", "Send 'Authorization: Bearer' with a valid API key or token.").ExecuteAsync(context);
        }
    }
}
