using System.Buffers.Binary;
using System.Text;
using Tollgate.Server.Invoicing;
using static Tollgate.Server.Tests.Invoicing.Papers;

namespace Tollgate.Server.Tests.Invoicing;

public sealed class DocumentLogoTests
{
    /// <summary>A grey JPEG of one pixel.</summary>
    private static readonly byte[] Jpeg = Convert.FromBase64String(
        "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z");

    public static TheoryData<string> Kinds =>
        ["truecolour with opacity", "truecolour", "grey", "grey with opacity", "palette", "one bit", "sixteen bits", "jpeg"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_picture_is_drawn(string kind)
    {
        var pdf = InvoicePdf.Of(Rich(), new() { Logo = Of(kind) });
        (await Poppler.PicturesAsync(pdf)).ShouldBe(1);
        await Poppler.DrawAsync(pdf);
    }

    public static TheoryData<string> Broken =>
    [
        "nothing of the kind", "web page", "vector", "header only", "cut off", "wrong size", "bomb", "larger than allowed", "bit flipped",
        "no rows", "interlaced", "empty jpeg",
        "jpeg without end", "huge jpeg",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task An_invalid_logo_is_omitted_and_the_invoice_is_complete(string kind)
    {
        var pdf = InvoicePdf.Of(Rich(), new() { Logo = OfBroken(kind) });
        (await Poppler.PicturesAsync(pdf)).ShouldBe(0);
        (await Poppler.TextAsync(pdf)).ShouldContain("Amount due €3,204.13");
    }

    [Fact]
    public void Bytes_that_were_changed_anywhere_never_stop_the_invoice()
    {
        var (good, dice) = (Png(24), new Random(7));
        for (var round = 0; round < 400; round++)
        {
            var changed = good.ToArray();
            for (var change = 0; change < 3; change++)
            {
                changed[dice.Next(changed.Length)] = (byte)dice.Next(256);
            }

            DocumentLogo.TryRead(changed.AsMemory(0, dice.Next(changed.Length + 1)));
            DocumentLogo.TryRead(changed);
        }
    }

    private static byte[] Header(int side, byte depth, byte colour, byte interlaced = 0)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), side);
        (header[8], header[9], header[12]) = (depth, colour, interlaced);
        return header;
    }

    private static byte[] Of(string kind) => kind switch
    {
        "truecolour with opacity" => Png(40),
        "truecolour" => Png(Header(4, 8, 2), new byte[4 * 13]),
        "grey" => Png(Header(4, 8, 0), new byte[4 * 5]),
        "grey with opacity" => Png(Header(4, 8, 4), new byte[4 * 9]),
        "palette" => Png(Header(4, 2, 3), new byte[4 * 2]),
        "one bit" => Png(Header(9, 1, 0), new byte[9 * 3]),
        "sixteen bits" => Png(Header(4, 16, 2), new byte[4 * 25]),
        _ => Jpeg,
    };

    private static byte[] OfBroken(string kind) => kind switch
    {
        "nothing of the kind" => Encoding.UTF8.GetBytes(new string('x', 5_000)),
        "web page" => "<html><script>alert(1)</script>"u8.ToArray(),
        "vector" => "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"u8.ToArray(),
        "header only" => Png(24)[..33],
        "cut off" => Png(24)[..120],
        "wrong size" => Png(24, claimed: 64),
        "bomb" => Png(24, claimed: 2_000_000_000),
        "larger than allowed" => new byte[InvoiceStyle.LogoBytes + 1],
        "bit flipped" => Flipped(),
        "no rows" => Png(Header(4, 8, 2), []),
        "interlaced" => Png(Header(4, 8, 2, interlaced: 1), new byte[500]),
        "empty jpeg" => [0xFF, 0xD8, 0xFF, 0xD9],
        "jpeg without end" => Jpeg[..^2],
        _ => [.. Jpeg.AsSpan(0, Size()), 0xFF, 0xFF, 0xFF, 0xFF, .. Jpeg.AsSpan(Size() + 4)],
    };

    /// <summary>The position of the height in the JPEG.</summary>
    private static int Size() => Jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 5;

    private static byte[] Flipped()
    {
        var bytes = Png(24);
        bytes[bytes.AsSpan().IndexOf("IDAT"u8) + 30] ^= 0x40;
        return bytes;
    }
}
