using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Tollgate.Server.Llm;

namespace Tollgate.Server.Tests.Llm;

/// <summary>One call or an array: the first byte other than a space tells.</summary>
public sealed class CallBodyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Spaces of a megabyte in packets of a few bytes would cost gigabytes of searching.</summary>
    [Fact]
    public async Task White_space_is_searched_once_and_the_body_stays_as_it_is()
    {
        var pipe = new Pipe();
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new BodyOf(pipe.Reader));
        var begun = pipe.Writer.GetMemory(2);
        " \n"u8.CopyTo(begun.Span);
        pipe.Writer.Advance(2);
        await pipe.Writer.FlushAsync(Cancel);
        var asking = LlmCallsEndpoints.IsArrayAsync(context);
        begun.Span[0] = (byte)'x';
        await pipe.Writer.WriteAsync("\t[1]"u8.ToArray(), Cancel);
        await pipe.Writer.CompleteAsync();
        (await asking).ShouldBeTrue();
        (await pipe.Reader.ReadAsync(Cancel)).Buffer.Length.ShouldBe(6);
    }

    private sealed record BodyOf(PipeReader Reader) : IRequestBodyPipeFeature;
}
