using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tollgate.Core;
using Tollgate.Core.Customers;
using Tollgate.Core.Time;

namespace Tollgate.Engine.Customers;

/// <param name="Home">The address of VIES; null: VIES is disabled.</param>
public sealed record ViesOptions(Uri? Home)
{
    public static readonly ViesOptions Default = new(new Uri("https://ec.europa.eu/taxation_customs/vies/rest-api/"));

    public static readonly ViesOptions Off = new(Home: null);
}

/// <summary>
/// Queries VIES, the European Commission's look-up of VAT ids. Only a plain yes or no counts, and the error that VIES cannot read the id,
/// which is a no. Everything else is no answer: no connection, no complete response in time, an error of VIES or of a country's register, a
/// body that is not JSON.
/// </summary>
/// <remarks>https://ec.europa.eu/taxation_customs/vies/#/technical-information</remarks>
public sealed class ViesClient(ViesOptions options) : IDisposable
{
    /// <summary>The limit for a complete response. VIES itself waits for a country's register for some seconds.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const int LargestAnswer = 64 * 1024, MostConnections = 4, LongestText = 200;

    /// <summary>The text of VIES where a country discloses nothing.</summary>
    private const string Withheld = "---";

    /// <summary>The errors of VIES if it cannot read the id, or the seller's.</summary>
    private const string InvalidInput = "INVALID_INPUT", InvalidRequester = "INVALID_REQUESTER_INFO";

    /// <summary>
    /// The pause between two requests of this server: 5 a second. VIES and the registers behind it refuse too many concurrent requests
    /// (MS_MAX_CONCURRENT_REQ), and 18,000 ids an hour are enough for a first import.
    /// </summary>
    private static readonly long Apart = Stopwatch.Frequency / 5;

    private readonly Lock _turns = new();
    private long _nextTurn;

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5), MaxConnectionsPerServer = MostConnections,
    })
    {
        Timeout = Timeout,
        MaxResponseContentBufferSize = LargestAnswer,
    };

    public bool IsOn => options.Home is not null;

    public void Dispose() => _http.Dispose();

    /// <param name="requester">
    /// The seller's own id: VIES gives a consultation number only to a named requester. Null: none is named.
    /// </param>
    public async Task<VatCheck> AskAsync(ViesId id, ViesId? requester, Instant now, CancellationToken cancel)
    {
        var (check, error) = await PostAsync(id, requester, now, cancel);

        // The seller's own id may be at fault. VIES also answers a request without a requester, with no consultation number.
        return requester is not null && error is InvalidRequester or InvalidInput ? (await PostAsync(id, null, now, cancel)).Check : check;
    }

    private async Task<(VatCheck Check, string? Error)> PostAsync(ViesId id, ViesId? requester, Instant now, CancellationToken cancel)
    {
        await Task.Delay(UntilTurn(), cancel);
        try
        {
            var question = new ViesQuestion(id.Country, id.Number, requester?.Country, requester?.Number);
            using var content = JsonContent.Create(question, ViesJson.Stored.ViesQuestion);
            await content.LoadIntoBufferAsync(cancel);
            using var answer = await _http.PostAsync(new Uri(options.Home!, "check-vat-number"), content, cancel);
            var body = await answer.Content.ReadAsStringAsync(cancel);
            return Read(body, (int)answer.StatusCode, now);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (None(now, $"No answer within {Timeout.TotalSeconds} seconds."), null);
        }
        catch (HttpRequestException e)
        {
            return (None(now, $"No answer: {e.Message}"), null);
        }
    }

    private TimeSpan UntilTurn()
    {
        lock (_turns)
        {
            var now = Stopwatch.GetTimestamp();
            var turn = Math.Max(now, _nextTurn);
            _nextTurn = turn + Apart;
            return Stopwatch.GetElapsedTime(now, turn);
        }
    }

    private static (VatCheck Check, string? Error) Read(string body, int status, Instant now)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.ValueKind == JsonValueKind.Object && status is >= 200 and <= 299
                && TextOf(root, "userError") is null or "VALID" or "INVALID"
                && root.TryGetProperty("valid", out var valid) && valid.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                var check = new VatCheck(valid.GetBoolean() ? VatAnswer.Valid : VatAnswer.Invalid, VatCheckRules.Vies, now)
                {
                    Consultation = TextOf(root, "requestIdentifier"),
                    Name = TextOf(root, "name"),
                };
                return (check, null);
            }

            var error = ErrorOf(root);
            var none = None(now, $"Status {status}: {error ?? "an answer that says neither valid nor invalid"}.");
            return (error == InvalidInput ? none with { Answer = VatAnswer.Invalid } : none, error);
        }
        catch (JsonException)
        {
            return (None(now, $"Status {status} and no JSON."), null);
        }
    }

    private static string? ErrorOf(JsonElement root) =>
        root.ValueKind != JsonValueKind.Object ? null
        : root.TryGetProperty("errorWrappers", out var errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
        && errors[0].ValueKind == JsonValueKind.Object
            ? TextOf(errors[0], "error")
        : TextOf(root, "userError");

    /// <summary>Returns a line of text that the database can store; null: VIES disclosed nothing.</summary>
    private static string? TextOf(JsonElement root, string member)
    {
        if (!root.TryGetProperty(member, out var value) || value.ValueKind != JsonValueKind.String || value.GetString() is not { } text)
        {
            return null;
        }

        var line = WellFormed.Cut(string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c)).Trim(), LongestText);
        return line.Length == 0 || line == Withheld || !CustomerRules.IsLine(line) ? null : line;
    }

    private static VatCheck None(Instant now, string why) =>
        new(VatAnswer.Unavailable, VatCheckRules.Vies, now) { Detail = WellFormed.Cut(why, LongestText) };
}

/// <summary>In the names of VIES.</summary>
internal sealed record ViesQuestion(
    [property: JsonPropertyName("countryCode")] string CountryCode,
    [property: JsonPropertyName("vatNumber")] string VatNumber,
    [property: JsonPropertyName("requesterMemberStateCode")] string? RequesterMemberStateCode,
    [property: JsonPropertyName("requesterNumber")] string? RequesterNumber);

[JsonSerializable(typeof(ViesQuestion))]
internal sealed partial class ViesJson : JsonSerializerContext
{
    public static ViesJson Stored { get; } = new(PlainJson.Stored());
}
