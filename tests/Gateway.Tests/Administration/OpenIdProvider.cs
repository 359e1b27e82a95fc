using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
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
        _app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = Url, jwks_uri = $"{Url}/keys" }));
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

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _rsa.Dispose();
    }
}
