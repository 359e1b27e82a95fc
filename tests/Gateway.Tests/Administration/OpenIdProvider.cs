using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Conversations.Gateway.Tests.Administration;

/// <summary>As much of an OpenID provider as a gateway asks for: discovery, its public key, and tokens signed with the private one.</summary>
public sealed class OpenIdProvider : IAsyncDisposable
{
    public const string Audience = "conversations-tests";

    private readonly RSA _rsa = RSA.Create(2048);
    private readonly WebApplication _app;
    private readonly RsaSecurityKey _key;

    private OpenIdProvider()
    {
        _key = new(_rsa) { KeyId = "key-of-the-test" };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(
            new { issuer = Url, jwks_uri = $"{Url}/keys", authorization_endpoint = $"{Url}/authorize", token_endpoint = $"{Url}/token" }));
        _app.MapGet("/authorize", Authorize);
        _app.MapPost("/token", (Delegate)Grant);
        var published = _rsa.ExportParameters(includePrivateParameters: false);
        _app.MapGet("/keys", () => Results.Json(new
        {
            keys = new[]
            {
                new { kty = "RSA", use = "sig", kid = _key.KeyId, alg = "RS256", n = Base64UrlEncoder.Encode(published.Modulus), e = Base64UrlEncoder.Encode(published.Exponent) },
            },
        }));
    }

    public string Url => _app.Urls.Single();

    public static async Task<OpenIdProvider> Start()
    {
        var provider = new OpenIdProvider();
        await provider._app.StartAsync();
        return provider;
    }

    /// <param name="age">How long ago it was issued; it lasts an hour.</param>
    /// <param name="forged">Signed with another key that claims the same id.</param>
    public string Token(Dictionary<string, object> claims, string audience = Audience, TimeSpan age = default, bool forged = false, string? issuer = null)
    {
        using var other = RSA.Create(2048);
        var issued = TimeProvider.System.GetUtcNow().UtcDateTime - age;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Url,
            Audience = audience,
            IssuedAt = issued,
            NotBefore = issued,
            Expires = issued + TimeSpan.FromHours(1),
            Claims = claims,
            SigningCredentials = new(forged ? new RsaSecurityKey(other.ExportParameters(true)) { KeyId = _key.KeyId } : _key, SecurityAlgorithms.RsaSha256),
        });
    }

    /// <summary>Who signs in here: everybody is this one.</summary>
    public Dictionary<string, object> SignsIn { get; } = new() { ["sub"] = "u-1", ["account"] = "default", ["role"] = "agent", ["agent"] = "ann" };

    /// <summary>The kinds of grant that were asked for, in order.</summary>
    public List<string> Grants { get; } = [];

    /// <summary>Lets everybody in at once, as a provider with a running session does. The code carries the challenge of its verifier.</summary>
    private static IResult Authorize([FromQuery(Name = "redirect_uri")] string redirect, string state, [FromQuery(Name = "code_challenge")] string challenge) =>
        Results.Redirect($"{redirect}?code={challenge}&state={state}");

    private async Task<IResult> Grant(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        var form = await context.Request.ReadFormAsync();
        Grants.Add(form["grant_type"].ToString());
        return form["grant_type"] == "authorization_code" && Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) != form["code"]
            ? Results.Json(new { error = "invalid_grant" }, statusCode: 400)
            : Results.Json(new { access_token = Token(SignsIn), token_type = "Bearer", refresh_token = "again" });
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }
}
