using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Conversations.Gateway.WebConsole;

/// <summary>One file of the console, also compressed where the build compressed it.</summary>
/// <param name="IsHashed">Its name holds a hash of its content: it never changes and may be kept for ever.</param>
internal sealed record ConsoleFile(string ContentType, bool IsHashed, string Tag, byte[] Plain, byte[]? Gzip, byte[]? Brotli)
{
    public (byte[] Body, string? Encoding) For(string acceptEncoding) =>
        Brotli is not null && acceptEncoding.Contains("br", StringComparison.Ordinal) ? (Brotli, "br")
        : Gzip is not null && acceptEncoding.Contains("gzip", StringComparison.Ordinal) ? (Gzip, "gzip")
        : (Plain, null);
}

/// <summary>The console as it was built into this assembly (Console.targets). Empty when it was built without Node.</summary>
internal sealed class ConsoleFiles
{
    private const string Prefix = "console/", Page = "index.html", NoncePlace = "%STYLE_NONCE%";

    private readonly Dictionary<string, ConsoleFile> _files = new(StringComparer.Ordinal);
    private readonly string? _page;

    public ConsoleFiles()
    {
        var assembly = typeof(ConsoleFiles).Assembly;
        var names = assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(n => !n.EndsWith(".gz", StringComparison.Ordinal) && !n.EndsWith(".br", StringComparison.Ordinal)))
        {
            var plain = Read(assembly, name);
            var path = name[Prefix.Length..];
            _files[path] = new(
                ContentTypeOf(path),
                path.StartsWith("assets/", StringComparison.Ordinal),
                $"\"{Convert.ToHexStringLower(SHA256.HashData(plain).AsSpan(0, 12))}\"",
                plain,
                names.Contains($"{name}.gz") ? Read(assembly, $"{name}.gz") : null,
                names.Contains($"{name}.br") ? Read(assembly, $"{name}.br") : null);
        }

        _page = _files.Remove(Page, out var page) ? Encoding.UTF8.GetString(page.Plain) : null;
    }

    public ConsoleFile? Find(string path) => _files.GetValueOrDefault(path);

    /// <summary>The page every address of the console is answered with; null when there is no console.</summary>
    public string? PageWith(string nonce) => _page?.Replace(NoncePlace, nonce, StringComparison.Ordinal);

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static string ContentTypeOf(string path) => Path.GetExtension(path) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".html" => "text/html; charset=utf-8",
        ".json" => "application/json; charset=utf-8",
        _ => "application/octet-stream",
    };
}
