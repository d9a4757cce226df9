using System.Diagnostics;
using System.IO.Compression;
using System.Net;

namespace Tollgate.Server.Tests.Http;

/// <summary>The delivery of <c>/openapi/v1.json</c>: compressed if the client accepts it, and not again if the client has it.</summary>
[Collection(FrontDoorTests.Name)]
public sealed class OpenApiFileTests(RunningServer server)
{
    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("br", "br")]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("br;q=0, gzip;q=0.5", "gzip")]
    public async Task It_comes_compressed_as_the_client_can_read_it(string accepted, string expected)
    {
        using var plain = await GetAsync(null);
        var whole = await plain.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        plain.Content.Headers.ContentEncoding.ShouldBeEmpty();

        using var packed = await GetAsync(accepted);
        packed.Content.Headers.ContentEncoding.ShouldBe([expected]);
        packed.Headers.Vary.ShouldBe(["Accept-Encoding"]);
        var bytes = await packed.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        bytes.Length.ShouldBeLessThan(whole.Length / 8);
        using var stream = new MemoryStream(bytes);
        await using Stream reader = expected == "br"
            ? new BrotliStream(stream, CompressionMode.Decompress)
            : new GZipStream(stream, CompressionMode.Decompress);
        using var read = new MemoryStream();
        await reader.CopyToAsync(read, TestContext.Current.CancellationToken);
        read.ToArray().ShouldBe(whole);
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("deflate")]
    [InlineData("br;q=0")]
    public async Task It_comes_plain_to_clients_that_can_read_nothing_else(string accepted)
    {
        using var answer = await GetAsync(accepted);
        answer.Content.Headers.ContentEncoding.ShouldBeEmpty();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    [InlineData("br")]
    public async Task A_client_that_has_it_gets_304(string? accepted)
    {
        using var first = await GetAsync(accepted);
        var tag = first.Headers.ETag.ShouldNotBeNull();
        foreach (var seen in (string[])[tag.ToString(), $"\"other\", {tag}", $"W/{tag}", "*"])
        {
            using var again = await GetAsync(accepted, seen);
            again.StatusCode.ShouldBe(HttpStatusCode.NotModified, seen);
            again.Headers.ETag.ShouldBe(tag);
            (await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
        }

        using var other = await GetAsync(accepted, "\"other\"");
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Its_tag_names_the_encoding_too()
    {
        using var plain = await GetAsync(null);
        using var packed = await GetAsync("br");
        packed.Headers.ETag.ShouldNotBe(plain.Headers.ETag);
    }

    /// <summary>Its generation takes more than half a second of a core.</summary>
    [Fact]
    public async Task It_is_made_once()
    {
        using (await GetAsync("br"))
        {
        }

        using var process = Process.GetProcessById(server.Server.ProcessId);
        var before = process.TotalProcessorTime;
        for (var i = 0; i < 50; i++)
        {
            using var answer = await GetAsync("br");
        }

        process.Refresh();
        (process.TotalProcessorTime - before).ShouldBeLessThan(TimeSpan.FromSeconds(2));
    }

    private async Task<HttpResponseMessage> GetAsync(string? accepted, string? seen = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/openapi/v1.json", UriKind.Relative));
        if (accepted is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        }

        if (seen is not null)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", seen);
        }

        return await server.Server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
