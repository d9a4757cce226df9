using System.Buffers.Binary;
using System.IO.Compression;
using Tollgate.Core.Invoicing;
using Tollgate.Core.Money;
using Tollgate.Core.Time;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>Invoices to draw. Their sums come from <see cref="InvoiceMath"/>, as those of real ones do.</summary>
internal static class Papers
{
    public static Instant Utc(string text) => Instant.From(DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture));

    public static Period Month(int month) => new(Utc($"2026-{month:00}-01T00:00:00Z"), Utc($"2026-{month + 1:00}-01T00:00:00Z"));

    public static readonly InvoiceParty Seller = new()
    {
        Name = "Trendit Analytics GmbH", Address = ["Torstraße 140", "10119 Berlin"], Country = "DE", Email = "billing@trendit.example",
        TaxId = "DE 299 481 203",
    };

    public static readonly InvoiceParty Buyer = new()
    {
        Name = "Ελληνικά Γράμματα & Сыновья S.A.", Address = ["Οδός Ερμού 12, 3ος όροφος", "105 63 Αθήνα"], Country = "GR",
        TaxId = "EL 094 259 216",
    };

    public const string Footer =
        "Trendit Analytics GmbH · Amtsgericht Charlottenburg HRB 210 443 B · Managing director: Jana Król\nIBAN DE89 3704 0044 0532 0130 "
            + "00 · BIC COBADEFFXXX";

    public static InvoiceLine Line(
        string description, decimal quantity, decimal? unitPrice, long amount, Currency currency,
        InvoiceLineKind kind = InvoiceLineKind.Usage) => new()
    {
        Kind = kind, Description = description, Quantity = Quantity.Of(quantity), Amount = new(amount, currency), Period = Month(4),
        UnitPrice = unitPrice is { } price ? new(price, currency) : null,
    };

    /// <param name="sold">The sold lines.</param>
    public static Invoice Of(
        Currency currency, IReadOnlyList<InvoiceLine> sold, IReadOnlyList<Reduction>? reductions = null,
        IReadOnlyList<TaxRate>? rates = null,
        long credits = 0, long paid = 0, InvoiceStatus status = InvoiceStatus.Open)
    {
        var sums = InvoiceMath.Compute([.. sold.Select(static line => line.Amount)], reductions ?? [], rates ?? [], new(credits, currency));
        var reduced = (reductions ?? []).Zip(
            sums.Reduced, (reduction, taken) => Line(reduction.Name, 1, null, -taken.Minor, currency, InvoiceLineKind.Discount));
        return new()
        {
            Id = new("0198c2f4-7a51-7bb1-9d0e-6f1d1f3a2b11"), Number = status == InvoiceStatus.Draft ? null : "TR-000042", Status = status,
            Kind = InvoiceKind.Renewal, Customer = "org_8812", Currency = currency, Period = Month(5),
            CreatedAt = Utc("2026-05-01T00:00:03Z"),
            IssuedAt = status == InvoiceStatus.Draft ? null : Utc("2026-05-01T01:00:00Z"),
            DueAt = status == InvoiceStatus.Draft ? null : Utc("2026-05-15T01:00:00Z"), Seller = Seller, Buyer = Buyer,
            Lines = [.. sold, .. reduced],
            Taxes = sums.Taxes, Subtotal = sums.Subtotal, Discount = sums.Discount, Tax = sums.Tax, Total = sums.Total,
            FromCredits = sums.FromCredits, Paid = new(sums.FromCredits.Minor + paid, currency),
        };
    }

    /// <summary>Every part that an invoice can have.</summary>
    public static Invoice Rich()
    {
        var eur = Currency.Of("EUR");
        var invoice = Of(
            eur,
            [
                Line("Enterprise, monthly", 3, 299m, 89_700, eur, InvoiceLineKind.Subscription),
                Line("Unused time of Pro, monthly", 1, null, -1_547, eur, InvoiceLineKind.ProrationCredit),
                Line("API calls beyond the plan", 1_284_113, 0.002m, 256_823, eur),
                Line(
                    "Tokens of language models beyond the plan, all providers together, input and output, "
                        + "counted as the providers count them",
                    48_120_345.5m, 0.000000123456m, 594, eur),
            ],
            [new("WELCOME, 20 % for three months", new Percent(20), null),
                new("Goodwill after the outage of 12 April", null, new(1_000, eur))],
            [new("VAT", new Percent(19), false)], credits: 5_000);
        return invoice with
        {
            TaxNote = "Reverse charge: the recipient owes the tax (Art. 196 of Directive 2006/112/EC).",
            CreditNotes =
            [
                new(new("0198c2f4-7a51-7bb1-9d0e-6f1d1f3a2b22"), "TR-CN-000007", Utc("2026-05-04T09:00:00Z"), "Two seats were never used.",
                    [Line("Enterprise, monthly: two seats", 2, 10m, 2_000, eur, InvoiceLineKind.Subscription)], new(380, eur),
                    new(2_380, eur)),
            ],
        };
    }

    public static Invoice Long(int lines)
    {
        var usd = Currency.Usd;
        return Of(
            usd, [.. Enumerable.Range(1, lines).Select(n => Line($"Feature number {n} beyond the plan", n * 17, 0.0125m, n * 21L, usd))],
            rates: [new("Sales tax", new Percent(8.875m), false)]);
    }

    /// <summary>A rounded square in two colours, with transparent corners.</summary>
    /// <param name="claimed">The size in the header; null: the true one.</param>
    public static byte[] Png(int side, int? claimed = null)
    {
        var rows = new byte[side * ((side * 4) + 1)];
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var corner = Math.Max(Math.Abs((2 * x) - side), 0) + Math.Max(Math.Abs((2 * y) - side), 0) > side * 1.7;
                ((byte[])[(byte)(x > y ? 11 : 240), (byte)(x > y ? 92 : 160), (byte)(x > y ? 173 : 40), (byte)(corner ? 0 : 255)]).CopyTo(
                    rows, (y * ((side * 4) + 1)) + 1 + (x * 4));
            }
        }

        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, claimed ?? side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), claimed ?? side);
        (header[8], header[9]) = (8, 6);
        return Png(header, rows);
    }

    public static byte[] Png(byte[] header, byte[] rows)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
    }

    private static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] named = [.. type, .. data];
        var (length, sum) = (new byte[4], new byte[4]);
        BinaryPrimitives.WriteInt32BigEndian(length, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(sum, Crc(named));
        return [.. length, .. named, .. sum];
    }

    private static uint Crc(byte[] data)
    {
        var sum = uint.MaxValue;
        foreach (var one in data)
        {
            sum ^= one;
            for (var bit = 0; bit < 8; bit++)
            {
                sum = (sum >> 1) ^ ((sum & 1) == 0 ? 0 : 0xEDB88320u);
            }
        }

        return ~sum;
    }
}
