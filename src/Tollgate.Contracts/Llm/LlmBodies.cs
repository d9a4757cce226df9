using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tollgate.Contracts.Llm;

/// <summary>
/// The usage of a call. Token counts exclude each other: a cached input token is not an input token, and a reasoning token is not an output
/// token.
/// </summary>
public abstract record LlmCounts
{
    public long? InputTokens { get; init; }

    public long? CachedInputTokens { get; init; }

    public long? CacheWriteTokens { get; init; }

    /// <summary>Written to a cache that keeps them for an hour.</summary>
    [JsonPropertyName("cache_write_1h_tokens")]
    public long? CacheWriteHourTokens { get; init; }

    public long? OutputTokens { get; init; }

    public long? ReasoningTokens { get; init; }

    public long? AudioInputTokens { get; init; }

    public long? CachedAudioInputTokens { get; init; }

    public long? AudioOutputTokens { get; init; }

    public long? ImageInputTokens { get; init; }

    public long? CachedImageInputTokens { get; init; }

    public long? ImageOutputTokens { get; init; }

    public long? VideoInputTokens { get; init; }

    /// <summary>The number of calls that this represents; default 1.</summary>
    public long? Requests { get; init; }

    /// <summary>Images made.</summary>
    public long? Images { get; init; }

    /// <summary>Pages read or crawled.</summary>
    public long? Pages { get; init; }

    /// <summary>Searches made, also by the model itself.</summary>
    public long? Searches { get; init; }

    /// <summary>Seconds of audio or video, at most nine decimals.</summary>
    public decimal? Seconds { get; init; }
}

/// <summary>
/// One call to a model: <c>input_tokens</c> without cached and cache-write ones, <c>output_tokens</c> without reasoning; with
/// <c>inclusive</c> they are the provider's own totals.
/// </summary>
public sealed record LlmCallRequest : LlmCounts
{
    /// <summary>Makes retries safe: unique per customer. Default: the header Idempotency-Key, else generated.</summary>
    public string? Id { get; init; }

    /// <summary>The project's own id; created on first use.</summary>
    [Required]
    public string? Customer { get; init; }

    /// <summary>
    /// A feature that this call uses once, in addition to the units that the meters on <c>llm_call</c> count. Leave it out if the use is
    /// already counted, for instance by <c>/v1/consume</c>, and name it in <c>attribute_to</c>.
    /// </summary>
    public string? Feature { get; init; }

    /// <summary>
    /// Cost reports group by this text: a feature's code or any other text of at most 100 characters. It uses nothing of the feature.
    /// Default: <c>feature</c>.
    /// </summary>
    public string? AttributeTo { get; init; }

    /// <summary>Such as <c>openai</c>; default: the model's provider in the price book.</summary>
    public string? Provider { get; init; }

    /// <summary>The model's name in the provider's spelling; the name in the provider's answer is the most exact.</summary>
    [Required]
    public string? Model { get; init; }

    /// <summary>
    /// True: <c>input_tokens</c> and <c>output_tokens</c> are the provider's totals, which contain the other counts. Tollgate subtracts the
    /// other counts from them.
    /// </summary>
    public bool? Inclusive { get; init; }

    /// <summary>
    /// The provider's whole answer instead of counts: its JSON, or as a text the events of a stream. Tollgate reads the usage, the model
    /// and the provider's own cost from it, and does not store it.
    /// </summary>
    public JsonElement? RawResponse { get; init; }

    /// <summary>
    /// The request that the answer belongs to, as it was sent to the provider: its JSON, or the same as a text. With it, Tollgate estimates
    /// the usage of an answer that does not report any (<c>estimated</c>). Tollgate does not store it.
    /// </summary>
    public JsonElement? RawRequest { get; init; }

    /// <summary>True: the counts were estimated.</summary>
    public bool? Estimated { get; init; }

    /// <summary>
    /// The cost in dollars that the provider reports. Tollgate stores it next to its own figure, or uses it as the cost if the provider's
    /// upstream has <c>reported_cost: wins</c>, as openrouter's has by default.
    /// </summary>
    public string? ReportedCostUsd { get; init; }

    /// <summary>
    /// The service tier that served the call, as the provider names it: <c>flex</c>, <c>priority</c>, <c>batch</c>. It selects the price
    /// where the price book has one for it. Default: the tier in the answer, else the standard tier.
    /// </summary>
    public string? ServiceTier { get; init; }

    /// <summary>The provider's id of the call.</summary>
    public string? RequestId { get; init; }

    /// <summary>The place of the call, for instance the app's own route.</summary>
    public string? Endpoint { get; init; }

    public long? LatencyMs { get; init; }

    /// <summary>The provider's HTTP status.</summary>
    public int? Status { get; init; }

    public string? Error { get; init; }

    /// <summary>The time of the call, which decides its price; default now. At most 35 days ago, at most 5 minutes ahead.</summary>
    public DateTimeOffset? OccurredAt { get; init; }

    /// <summary>Kept with the call; meters may filter on it. At most 16 KiB.</summary>
    public JsonElement? Properties { get; init; }
}

/// <summary>A recorded call, its cost, and the balances of the features that it moved.</summary>
public sealed record LlmCallRecorded
{
    public required string Id { get; init; }

    /// <summary>True: Tollgate recorded a call under this id before, and counts nothing again.</summary>
    public required bool Replayed { get; init; }

    /// <summary>Null: the request names no provider and the price book does not know the model.</summary>
    public string? Provider { get; init; }

    public required string Model { get; init; }

    /// <summary>Dollars, exact to the billionth; null when the price is unknown, never 0.</summary>
    public string? CostUsd { get; init; }

    /// <summary>False: the cost is unknown, and <c>/v1/unpriced-models</c> lists the model.</summary>
    public required bool Priced { get; init; }

    /// <summary>
    /// The price book's cost in dollars, if <c>cost_usd</c> is the cost that the provider reported. Null: the cost is unknown, or it is the
    /// price book's already.
    /// </summary>
    public string? ComputedCostUsd { get; init; }

    /// <summary>
    /// The difference between the total and the sum of the counts in the provider's answer; Tollgate records the counts. Null: they agree.
    /// </summary>
    public string? UsageDifference { get; init; }

    /// <summary>By feature code.</summary>
    public required IReadOnlyDictionary<string, LlmBalance> Balances { get; init; }
}

/// <summary>The balance of a feature. A cost budget counts dollars.</summary>
public sealed record LlmBalance
{
    /// <summary>Granted in this period; null is unlimited.</summary>
    public decimal? Limit { get; init; }

    public required decimal Used { get; init; }

    public required decimal Held { get; init; }

    public decimal? Remaining { get; init; }

    public required bool Unlimited { get; init; }

    public DateTimeOffset? ResetsAt { get; init; }
}

/// <summary>The result for an array or a stream of calls. Every call is in exactly one of accepted, replayed and rejected.</summary>
public sealed record LlmCallsRecorded
{
    public required long Accepted { get; init; }

    public required long Replayed { get; init; }

    /// <summary>Accepted calls whose cost is unknown.</summary>
    public required long Unpriced { get; init; }

    /// <summary>The cost of the accepted calls whose cost is known, in dollars.</summary>
    public required string CostUsd { get; init; }

    public required long RejectedCount { get; init; }

    /// <summary>The rejected items: of a stream the first 1,000, otherwise all.</summary>
    public required IReadOnlyList<LlmCallRejected> Rejected { get; init; }
}

/// <param name="Index">Its place in the array, or its line in the stream, from 0; empty lines count.</param>
public sealed record LlmCallRejected(long Index, string? Id, string Code, string Detail);

/// <summary>A recorded call. Counts that are absent are 0.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record LlmCallView : LlmCounts
{
    public string? Id { get; init; }

    public string? Customer { get; init; }

    /// <summary>The member who made the call; null: the customer itself.</summary>
    public string? Member { get; init; }

    /// <summary>The customer's plan when the call was recorded; null for calls that were recorded before Tollgate stored it.</summary>
    public string? Plan { get; init; }

    /// <summary>As it was reported; null when none was named.</summary>
    public string? Feature { get; init; }

    /// <summary>The purpose of the cost, if it differs from the feature.</summary>
    public string? AttributeTo { get; init; }

    public string? Provider { get; init; }

    /// <summary>Null for a reversing event.</summary>
    public string? Model { get; init; }

    /// <summary>Dollars; null when no price was known.</summary>
    public string? CostUsd { get; init; }

    public bool Priced { get; init; }

    public bool Estimated { get; init; }

    /// <summary>The difference between the total and the sum of the provider's counts; null: they agree.</summary>
    public string? UsageDifference { get; init; }

    /// <summary>The tier that served it; null: the standard one.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>The cost that the provider reported, in dollars.</summary>
    public string? ReportedCostUsd { get; init; }

    /// <summary>
    /// The price book's cost in dollars, if <c>cost_usd</c> is the cost that the provider reported. Null: the cost is unknown, or it is the
    /// price book's already.
    /// </summary>
    public string? ComputedCostUsd { get; init; }

    public string? RequestId { get; init; }

    public string? Endpoint { get; init; }

    public long? LatencyMs { get; init; }

    public int? Status { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset OccurredAt { get; init; }

    public DateTimeOffset RecordedAt { get; init; }

    /// <summary>The caller's own; null when there are none.</summary>
    public JsonElement? Properties { get; init; }

    /// <summary>Id of the reversing event; null when it counts.</summary>
    public string? VoidedBy { get; init; }

    /// <summary>For a reversing event: the id of the call that it reverses.</summary>
    public string? Voids { get; init; }

    /// <summary>
    /// <c>customer_token</c>: the id came with a customer token. <c>import</c>: closed history, which moved no quota. Null: the back end
    /// sent it.
    /// </summary>
    public string? Source { get; init; }
}

public sealed record LlmCallList(IReadOnlyList<LlmCallView> Data, bool HasMore);

/// <summary>A model with recorded calls and without a price.</summary>
public sealed record UnpricedModelView
{
    /// <summary>Null: the callers named none.</summary>
    public string? Provider { get; init; }

    public required string Model { get; init; }

    public required DateTimeOffset FirstSeenAt { get; init; }

    /// <summary>To the minute.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The model has a price now; earlier calls keep their unknown cost.</summary>
    public required bool Priced { get; init; }
}

public sealed record UnpricedModelList(IReadOnlyList<UnpricedModelView> Data, bool HasMore);

/// <summary>A price of a model: the project's own, which overrides the shared one.</summary>
public sealed record ModelPriceRequest
{
    [Required]
    public string? Provider { get; init; }

    /// <summary>As the provider writes it, or a pattern in which <c>*</c> stands for any text.</summary>
    [Required]
    public string? Model { get; init; }

    /// <summary>Other names of the same model.</summary>
    public IReadOnlyList<string>? Aliases { get; init; }

    /// <summary>Inclusive; default now.</summary>
    public DateTimeOffset? ValidFrom { get; init; }

    /// <summary>Exclusive; default: until a newer price starts.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>USD, which is the default: Tollgate keeps model prices in dollars.</summary>
    public string? Currency { get; init; }

    /// <summary>
    /// Decimal texts by unit: dollars per million tokens (<c>input</c>, <c>cached_input</c>, <c>cache_write</c>, <c>output</c>,
    /// <c>reasoning</c> …) or for each <c>request</c>, <c>image</c>, <c>page</c>, <c>search</c>, <c>second</c>.
    /// </summary>
    [Required]
    public IReadOnlyDictionary<string, string>? Prices { get; init; }

    /// <summary>Prices for long prompts.</summary>
    public IReadOnlyList<PriceTierBody>? Tiers { get; init; }

    /// <summary>The prices of service tiers, by tier: <c>flex</c>, <c>priority</c>, <c>batch</c>.</summary>
    public IReadOnlyDictionary<string, ServiceTierBody>? ServiceTiers { get; init; }

    /// <summary>The prices of hours of the day. The hours do not overlap.</summary>
    public IReadOnlyList<PriceHoursBody>? Hours { get; init; }

    /// <summary>The source of the price; default: the API.</summary>
    public string? Source { get; init; }
}

/// <summary>Prices of the whole call if it has more input tokens.</summary>
public sealed record PriceTierBody
{
    public long? AboveTokens { get; init; }

    public IReadOnlyDictionary<string, string>? Prices { get; init; }
}

/// <summary>The prices of a service tier. A unit that is absent keeps the standard price.</summary>
public sealed record ServiceTierBody
{
    public IReadOnlyDictionary<string, string>? Prices { get; init; }

    /// <summary>Prices for long prompts; none: those of the standard tier.</summary>
    public IReadOnlyList<PriceTierBody>? Tiers { get; init; }
}

/// <summary>The prices in some hours of every day. A unit that is absent keeps its price.</summary>
public sealed record PriceHoursBody
{
    /// <summary>UTC, inclusive: <c>16:30</c>.</summary>
    public string? From { get; init; }

    /// <summary>UTC, exclusive. At or before <c>from</c>: the window crosses midnight.</summary>
    public string? To { get; init; }

    public IReadOnlyDictionary<string, string>? Prices { get; init; }
}

public sealed record ModelPriceView
{
    public required string Id { get; init; }

    public required string Provider { get; init; }

    public required string Model { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    public required DateTimeOffset ValidFrom { get; init; }

    public DateTimeOffset? ValidTo { get; init; }

    public required string Currency { get; init; }

    public required IReadOnlyDictionary<string, string> Prices { get; init; }

    public required IReadOnlyList<PriceTierBody> Tiers { get; init; }

    /// <summary>Null: there are none.</summary>
    public IReadOnlyDictionary<string, ServiceTierBody>? ServiceTiers { get; init; }

    /// <summary>Null: the prices are the same all day.</summary>
    public IReadOnlyList<PriceHoursBody>? Hours { get; init; }

    public required string Source { get; init; }

    /// <summary><c>project</c> or <c>shared</c>.</summary>
    public required string Scope { get; init; }
}

public sealed record ModelPriceList(IReadOnlyList<ModelPriceView> Data, bool HasMore);

/// <summary>The changes that a list makes in the price book, or would make.</summary>
public sealed record PricesImported
{
    /// <summary>True: Tollgate added nothing.</summary>
    public required bool DryRun { get; init; }

    /// <summary><c>project</c> or <c>shared</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Prices of models or times that were not in the price book.</summary>
    public required int New { get; init; }

    /// <summary>Prices that differed in the book. Prices in force change from now on.</summary>
    public required int Changed { get; init; }

    public required int Unchanged { get; init; }

    /// <summary>Past prices that differ in the price book, which keeps its own.</summary>
    public required int Left { get; init; }

    /// <summary>All but the unchanged ones, in the order of the list.</summary>
    public required IReadOnlyList<PriceChangeView> Changes { get; init; }
}

public sealed record PriceChangeView
{
    /// <summary><c>new</c>, <c>changed</c> or <c>left</c>.</summary>
    public required string Kind { get; init; }

    public required string Provider { get; init; }

    public required string Model { get; init; }

    /// <summary>The time from which it applies or would apply.</summary>
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>Units whose price differs; none where only names, tiers or the end differ.</summary>
    public required IReadOnlyList<UnitChangeView> Units { get; init; }
}

/// <param name="Before">Null: not stated.</param>
/// <param name="Now">Null: no longer stated.</param>
/// <param name="Percent">The change in percent of the earlier price, to a tenth; null when either price is missing or the earlier one was
/// 0.</param>
public sealed record UnitChangeView(string Unit, string? Before, string? Now, decimal? Percent);

/// <summary>The markup that a project adds to the prices of its calls.</summary>
public sealed record MarkupBody
{
    /// <summary>Hundredths of a percent: 2000 makes $1.00 to $1.20. From -10000 (free) to 100000; negative for a discount.</summary>
    [Required]
    public long? BasisPoints { get; init; }
}

/// <summary>The recorded calls to rerate by today's prices, each at its own time.</summary>
public sealed record RerateRequest
{
    public string? Provider { get; init; }

    public string? Model { get; init; }

    /// <summary>True: all calls. Default: only those whose cost is unknown.</summary>
    public bool? All { get; init; }

    /// <summary>Inclusive; default 35 days ago. Tollgate corrects no older cost.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Exclusive; default now.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The <c>next</c> of the previous answer.</summary>
    public string? StartingAfter { get; init; }
}

/// <summary>The result of rerating one page of at most 1,000 calls, the newest first.</summary>
public sealed record Rerated
{
    /// <summary>True: nothing was recorded.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Calls that fit the request.</summary>
    public required int Seen { get; init; }

    /// <summary>Calls whose cost changed, or would change.</summary>
    public required int Changed { get; init; }

    /// <summary>Calls that have no price today either.</summary>
    public required int Unknown { get; init; }

    /// <summary>Calls with a different price that are older than 35 days and keep their cost.</summary>
    public required int TooOld { get; init; }

    /// <summary>The cost change of the changed calls, in dollars; negative when they are cheaper.</summary>
    public required string DeltaUsd { get; init; }

    /// <summary>For the next page; null: this was the last.</summary>
    public string? Next { get; init; }
}
