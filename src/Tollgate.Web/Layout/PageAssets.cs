using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Tollgate.Web.Layout;

/// <summary>A file of the pages. Its path contains a hash of its content, so that browsers may keep it for ever.</summary>
public sealed class Asset
{
    private const int HashBytes = 6;

    private readonly byte[] _plain;
    private readonly byte[]? _packed;
    private readonly string _type;

    /// <param name="name">The name in front of the hash: <c>tollgate</c> becomes <c>/assets/tollgate.0123456789ab.css</c>.</param>
    /// <param name="isPacked">True: the content is compressed already.</param>
    internal Asset(string name, string extension, string type, byte[] content, bool isPacked)
    {
        Hash = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, HashBytes));
        Path = $"/assets/{name}.{Hash}.{extension}";
        (_plain, _type, _packed) = (content, type, isPacked ? null : Packed.Of(content));
    }

    public string Path { get; }

    public string Hash { get; }

    public Task WriteAsync(HttpContext context) => WriteAsync(context, _type, _plain, _packed);

    /// <summary>Writes a file that never changes under its address.</summary>
    internal static Task WriteAsync(HttpContext context, string type, byte[] plain, byte[]? packed)
    {
        var (response, headers) = (context.Response, context.Response.Headers);
        var bytes = packed is not null && Packed.IsAccepted(context.Request) ? packed : plain;
        if (packed is not null)
        {
            headers.Vary = "Accept-Encoding";
        }

        if (bytes == packed)
        {
            headers.ContentEncoding = Packed.Name;
        }

        response.ContentType = type;
        response.ContentLength = bytes.Length;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.XContentTypeOptions = "nosniff";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}

/// <summary>Compression of content without secrets: a length of a page with a secret would tell about it.</summary>
internal static class Packed
{
    public const string Name = "gzip";

    public static bool IsAccepted(HttpRequest request) => request.GetTypedHeaders().AcceptEncoding
        .Any(static one => one.Value.Equals(Name, StringComparison.OrdinalIgnoreCase) && one.Quality is not 0);

    public static byte[] Of(byte[] plain)
    {
        using var bytes = new MemoryStream();
        using (var pack = new GZipStream(bytes, CompressionLevel.Optimal))
        {
            pack.Write(plain);
        }

        return bytes.ToArray();
    }
}

/// <summary>The files that all pages share: one style sheet, and the font in parts that browsers load when a page needs them.</summary>
public static class PageAssets
{
    private const string FontType = "font/woff2";

    /// <summary>The sheets in their order; each is small and about one thing.</summary>
    private static readonly string[] Sheets = ["tokens", "base", "controls", "charts", "pages"];

    public static readonly Asset Latin = Font("latin");

    private static readonly Asset LatinMore = Font("latin-ext"), Cyrillic = Font("cyrillic"), Greek = Font("greek");

    public static readonly Asset Style = new("tollgate", "css", "text/css; charset=utf-8", Whole(), isPacked: false);

    /// <summary>The module of the pricing page, which also works without it.</summary>
    public static readonly Asset Pricing = new("pricing", "js", "text/javascript; charset=utf-8", Load("web/pricing.js"), isPacked: false);

    public static IReadOnlyList<Asset> All => [Style, Pricing, Latin, LatinMore, Cyrillic, Greek];

    private static Asset Font(string part) =>
        new("inter-" + part, "woff2", FontType, Load($"web/inter-{part}-wght-normal.woff2"), isPacked: true);

    /// <summary>The whole style: the font's parts with their addresses, then the sheets.</summary>
    private static byte[] Whole()
    {
        var text = new StringBuilder();
        foreach (var (font, range) in (IEnumerable<(Asset, string)>)[(LatinMore, FontRanges.LatinMore), (Cyrillic, FontRanges.Cyrillic),
            (Greek, FontRanges.Greek), (Latin, FontRanges.Latin)])
        {
            text.Append("@font-face{font-family:Inter;font-weight:100 900;font-display:swap;src:url(").Append(font.Path)
                .Append(") format(\"woff2\");unicode-range:").Append(range).Append("}\n");
        }

        foreach (var sheet in Sheets)
        {
            text.Append(Encoding.UTF8.GetString(Load($"web/{sheet}.css")));
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}

/// <summary>The characters of each part of the font, as its authors cut it.</summary>
internal static class FontRanges
{
    public const string Latin =
        "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,"
        + "U+2212,U+2215,U+FEFF,U+FFFD";

    public const string LatinMore =
        "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,"
        + "U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF";

    public const string Cyrillic = "U+0301,U+0400-045F,U+0490-0491,U+04B0-04B1,U+2116";

    public const string Greek = "U+0370-0377,U+037A-037F,U+0384-038A,U+038C,U+038E-03A1,U+03A3-03FF";
}
