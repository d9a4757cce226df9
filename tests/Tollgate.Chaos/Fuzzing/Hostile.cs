namespace Tollgate.Chaos.Fuzzing;

/// <summary>Headers, paths and queries that no correct client sends, and that a parser may accept.</summary>
public static class Hostile
{
    private static readonly string[] Anything = [
        "", " ", "\u00e9", "\u2603", "\ud83d\ude00", "a b", "%00", "\"", "'", "{}", "a,b", ";", "=", "-1", "99999999999999999999", "../..",
        new('x', 4_000)];

    private static readonly (string Name, string[] Values)[] Headers =
    [
        ("Host",
            ["x:99999", "x..y", "~", "a!b", "xn--", "[::1", "", "x:", "localhost:0", "a\u00e9b", "x:y", "[::1]:80", "-", new('h', 300),
                "1.2.3", "evil.example/path"]),
        ("Idempotency-Key", [.. Anything, "same", "same", "00000000-0000-0000-0000-000000000000", new('k', 255), new('k', 256)]),
        ("X-Project", [.. Anything, "resume-ats", "*"]),
        ("Content-Type",
        [
            "application/json; charset=utf-16", "application/json; charset=bogus", "application/json;;;", "application/json; charset=\"",
            "text/plain", "*/*", "/", "application",
            "application/x-ndjson; charset=utf-7", "application/cloudevents+json", "application/yaml; charset=utf-16",
            "multipart/form-data; boundary=", "application/x-www-form-urlencoded", "APPLICATION/JSON", .. Anything,
        ]),
        ("Accept", ["text/html", "application/pdf", "text/csv", "*/*;q=", "application/json;q=99", "image/*", .. Anything]),
        ("Accept-Language", ["ar", "*", "en;q=", "xx-YY-ZZ", "zh-Hant-TW-u-co-pinyin", .. Anything]),
        ("Accept-Encoding", ["gzip;q=0", "br, gzip", "*;q=2", .. Anything]),
        ("Range", ["bytes=0-", "bytes=-1", "bytes=5-2", "bytes=0-0,2-3", "lines=1", .. Anything]),
        ("If-Match", ["*", "\"\"", "W/\"1\"", "\"1\", \"2\"", "1", .. Anything]),
        ("If-None-Match", ["*", "\"\"", "W/\"1\"", .. Anything]),
        ("If-Modified-Since", ["Sun, 06 Nov 1994 08:49:37 GMT", "never", .. Anything]),
        ("Cookie", [.. Anything]),
        ("X-Request-Id", [.. Anything]),
        ("traceparent", ["00-00000000000000000000000000000000-0000000000000000-00", "ff-x", .. Anything]),
        ("X-Forwarded-For", ["127.0.0.1", "::1, 8.8.8.8", .. Anything]),
        ("X-Forwarded-Host", [.. Anything]),
        ("X-Tollgate-Customer", [.. Anything, "user_42"]),
        ("X-Tollgate-Feature", [.. Anything]),
        ("X-Tollgate-Hop", ["1"]),
        ("ce-specversion", ["1.0", "0.3", .. Anything]),
        ("ce-id", [.. Anything, "%ff", "%ed%a0%80"]),
        ("ce-subject", [.. Anything, "%ff"]),
        ("ce-type", [.. Anything]),
        ("ce-time", ["2026-11-21T08:00:00Z", .. Anything]),
        ("Stripe-Signature", ["t=1,v1=00", "t=99999999999999999999,v1=", .. Anything]),
        ("webhook-id", [.. Anything]),
        ("webhook-timestamp", ["0", .. Anything]),
        ("webhook-signature", ["v1,====", .. Anything]),
        ("Content-Encoding", ["gzip", "br", .. Anything]),
        ("Expect", ["100-continue"]),
        ("Origin", ["null", .. Anything]),
    ];

    /// <summary>Path segments, already escaped.</summary>
    private static readonly string[] Segments =
    [
        "%2e%2e", "%2E", "..", ".", "%2f", "%2F%2f", "%5c", "%00", "%0a", "%ff", "%c3%28", "%ed%a0%80", "%zz", "%", "%2", "%u0041",
        "%252e%252e", "a;b=c", "a%3fb", "a%23b", "+", "%20", "%7f",
        "%e2%80%ae", "%F0%9F%98%80", "a%2fb", "~", "*", "@", ":", "%25", "a//b",
    ];

    private static readonly string[] Pairs =
    [
        "%", "%zz=1", "a=%ff", "a=%00", "limit=%ed%a0%80", "limit=1&limit=2", "limit=", "=", "&&&", "starting_after=%00",
        "starting_after=%ff", "%00=1", "a=%u0041", "limit=1e9", "limit=-1",
        "from=9999-12-31T23:59:59Z&to=0001-01-01T00:00:00Z", "at=%F0%9F%98%80", "dry_run=%20true", "enforce=true&enforce=false",
        "customer=&customer=a", "?a=b?c", "a[]=1", "a.b=2",
    ];

    public static (string Name, string Value) Header(Random random)
    {
        var (name, values) = Headers[random.Next(Headers.Length)];
        return (name, values[random.Next(values.Length)]);
    }

    public static string Segment(Random random) => Segments[random.Next(Segments.Length)];

    public static string Pair(Random random) => Pairs[random.Next(Pairs.Length)];
}
