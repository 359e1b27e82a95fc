using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Conversations.Gateway.WebConsole;

/// <summary>
/// How people sign in to the console beside API keys: at the configured OpenID provider (authorization code with PKCE, a public
/// client), when <c>Auth:Authority</c> and <c>Auth:ConsoleClientId</c> are set.
/// </summary>
internal sealed partial class ConsoleSignIn(IConfigurationSection auth, IServiceProvider services)
{
    private readonly ILogger _logger = services.GetRequiredService<ILogger<ConsoleSignIn>>();

    public async ValueTask<ConsoleSettings> Settings(CancellationToken cancellation) =>
        await Provider(cancellation) is { AuthorizationEndpoint: { } authorize, TokenEndpoint: { } token }
            ? new(new(authorize, token, auth["ConsoleClientId"]!, auth["ConsoleScope"] ?? "openid"))
            : new(OpenId: null);

    /// <summary>The origin the console fetches its token from, for the page's Content-Security-Policy.</summary>
    public async ValueTask<string?> TokenOrigin(CancellationToken cancellation) =>
        await Provider(cancellation) is { TokenEndpoint: { } token } ? new Uri(token).GetLeftPart(UriPartial.Authority) : null;

    /// <summary>What the provider says of itself; kept and refreshed by the token validation's own cache.</summary>
    private async ValueTask<OpenIdConnectConfiguration?> Provider(CancellationToken cancellation)
    {
        if (auth["Authority"] is null || auth["ConsoleClientId"] is not { Length: > 0 })
        {
            return null;
        }

        try
        {
            var options = services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(JwtBearerDefaults.AuthenticationScheme);
            return await options.ConfigurationManager!.GetConfigurationAsync(cancellation);
        }
#pragma warning disable CA1031 // The provider does not answer: people with keys still get in.
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogUnreachable(_logger, failure.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The OpenID provider cannot be asked, so the console offers API keys only: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string reason);
}

/// <summary>What the console must know before anybody has signed in.</summary>
internal sealed record ConsoleSettings(OpenIdSettings? OpenId);

internal sealed record OpenIdSettings(string AuthorizationEndpoint, string TokenEndpoint, string ClientId, string Scope);
