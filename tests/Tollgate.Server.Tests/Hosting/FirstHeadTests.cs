using System.Buffers;
using System.Text;
using Tollgate.Server.Hosting;

namespace Tollgate.Server.Tests.Hosting;

/// <summary>The end of a head is found for any split of its bytes, and no byte is searched twice.</summary>
public sealed class FirstHeadTests
{
    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\nHost: a\n\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\n")]
    public void The_end_is_found_whatever_was_searched_before_it_came(string head)
    {
        var bytes = Encoding.ASCII.GetBytes(head);
        for (var searched = 0; searched < bytes.Length; searched++)
        {
            FirstHead.HasHead(new ReadOnlySequence<byte>(bytes, 0, bytes.Length - 1), Math.Min(searched, bytes.Length - 1)).ShouldBeFalse();
            FirstHead.HasHead(new ReadOnlySequence<byte>(bytes), searched).ShouldBeTrue();
        }
    }

    /// <summary>63 KiB of short lines and then byte after byte would cost half a millisecond of a core each.</summary>
    [Fact]
    public void Searched_bytes_are_not_searched_again()
    {
        var seen = new ReadOnlySequence<byte>("GET / HTTP/1.1\n\nabc"u8.ToArray());
        FirstHead.HasHead(seen, 0).ShouldBeTrue();
        FirstHead.HasHead(seen, seen.Length - 1).ShouldBeFalse("the end before it would have been found by the call before");
    }
}
