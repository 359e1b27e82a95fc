using System.Security.Cryptography;

namespace Conversations.Gateway.WebConsole;

/// <summary>
/// The web console at <c>/console/</c>. It is a client of the public API like any other: nothing here knows a conversation.
/// </summary>
internal static class ConsoleEndpoints
{
    private const string Missing = """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Conversations</title>
        <h1>The console is not part of this build</h1>
        <p>It is built together with the gateway when Node 20.19, 22.12 or later is installed. Install it, build again
        (<code>dotnet build src/Gateway</code>) and reload this page. Official images always contain it.</p>
        <p>The API works all the same: <a href="/openapi/v1.json">/openapi/v1.json</a>.</p></html>
        """;

    public static void MapConsole(this WebApplication app)
    {
        var files = new ConsoleFiles();
        var signIn = new ConsoleSignIn(app.Configuration.GetSection("Auth"), app.Services);

        // People who open the address the gateway prints in a browser want to look; programs are answered as before.
        app.MapGet("/", (HttpContext context) => context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
            ? Results.Redirect("/console/")
            : Results.NotFound()).ExcludeFromDescription();
        app.MapGet("/console/settings.json", async (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            return Results.Json(await signIn.Settings(context.RequestAborted));
        }).ExcludeFromDescription();
        app.MapGet("/console/{**path}", (string? path, HttpContext context) => Serve(files, signIn, path ?? "", context)).ExcludeFromDescription();
    }

    private static async Task<IResult> Serve(ConsoleFiles files, ConsoleSignIn signIn, string path, HttpContext context)
    {
        if (context.Request.Path.Value == "/console")
        {
            return Results.Redirect("/console/"); // the page's addresses are below it
        }

        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (files.Find(path) is { } file)
        {
            return Serve(file, context);
        }

        if (path.StartsWith("assets/", StringComparison.Ordinal))
        {
            return Results.NotFound(); // a page of an earlier build asks for what is gone; it must not be given a page for a script
        }

        // Mantine and the scroll lock of its dialogs make style elements at run time: they carry this nonce. Style attributes are
        // set through the DOM, which the policy does not restrict. So neither scripts nor styles are ever trusted for being inline.
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        var elsewhere = await signIn.TokenOrigin(context.RequestAborted) is { } origin ? $" {origin}" : "";
        headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'{elsewhere}; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        return files.PageWith(nonce) is { } page
            ? Results.Content(page, "text/html; charset=utf-8")
            : Results.Content(Missing, "text/html; charset=utf-8", statusCode: StatusCodes.Status404NotFound);
    }

    private static IResult Serve(ConsoleFile file, HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = file.IsHashed ? "public, max-age=31536000, immutable" : "no-cache";
        headers.Vary = "Accept-Encoding";
        headers.ETag = file.Tag;
        if (context.Request.Headers.IfNoneMatch == file.Tag)
        {
            return Results.StatusCode(StatusCodes.Status304NotModified);
        }

        var (body, encoding) = file.For(context.Request.Headers.AcceptEncoding.ToString());
        if (encoding is not null)
        {
            headers.ContentEncoding = encoding;
        }

        return Results.Bytes(body, file.ContentType);
    }
}
