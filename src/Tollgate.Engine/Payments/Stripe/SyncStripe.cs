using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Stripe;

public enum SyncOutcome
{
    /// <summary>It exists and matches the catalogue.</summary>
    Ok,

    /// <summary>It did not exist and was made. In a dry run: it would be made.</summary>
    Created,

    /// <summary>The name or description was updated. In a dry run: it would be.</summary>
    Updated,

    /// <summary>
    /// Another price replaced it; the old one is archived and remains for its subscribers. In a dry run: it would be replaced.
    /// </summary>
    Replaced,

    /// <summary>A price that an operator named differs from the catalogue. Tollgate does not change it.</summary>
    Differs,

    /// <summary>Stripe cannot represent it.</summary>
    Skipped,
}

/// <param name="Kind"><c>product</c> or <c>price</c>.</param>
/// <param name="Name">The name in the catalogue: <c>pro</c>, <c>pro monthly USD</c>.</param>
/// <param name="Id">Stripe's id; null: there is none.</param>
/// <param name="Detail">The difference, for operators.</param>
public sealed record SyncLine(string Kind, string Name, string? Id, SyncOutcome Outcome, string? Detail = null);

/// <summary>The values of environment variables, by name.</summary>
public sealed record StripeVariables(Func<string, string?> Read);

/// <summary>
/// Makes or verifies Stripe's products and prices for the catalogue: 1. a product for each active plan that costs something, with an id of
/// our choosing;
/// 2. a price for each of its prices, found again by its lookup key. A repeat changes nothing. An amount at Stripe is never edited: another
/// price replaces it and takes its lookup key, and the old one is archived.
/// </summary>
public sealed class SyncStripe(StripeAccounts accounts, StripeVariables variables)
{
    /// <returns>Null: the project has no Stripe keys.</returns>
    /// <exception cref="ProviderSilentException">Stripe did not answer, or refused. Objects made until then remain, and a repeat
    /// continues.</exception>
    public async Task<IReadOnlyList<SyncLine>?> RunAsync(ProjectSnapshot project, bool dryRun, CancellationToken cancel)
    {
        if (accounts.Open(project) is not { } account)
        {
            return null;
        }

        var lines = new List<SyncLine>();
        foreach (var plan in project.Catalog.Document.Plans.Where(static plan => plan.Active
            && plan.Prices.Any(static price => price.AmountMinor > 0)))
        {
            lines.Add(await ProductAsync(account, plan, dryRun, cancel));
            foreach (var price in plan.Prices.Where(static price => price.AmountMinor > 0))
            {
                lines.Add(await PriceAsync(account, plan, price, dryRun, cancel));
            }
        }

        return lines;
    }

    private async Task<SyncLine> ProductAsync(StripeAccount account, Plan plan, bool dryRun, CancellationToken cancel)
    {
        var id = StripePrices.ProductId(account.Project.Code, plan.Code);
        var found = await accounts.FetchAsync(account, $"/v1/products/{id}", null, cancel);
        var form = new StripeForm().Set("name", plan.Name).Set("description", plan.Description)
            .Set("metadata", new StripeForm().Set(StripePrices.PlanField, plan.Code).Set(StripePrices.ProjectField, account.Project.Code));
        if (found is not { } product)
        {
            await PostAsync(account, "/v1/products", form.Set("id", id), $"product {id}", dryRun, cancel);
            return new("product", plan.Code, dryRun ? null : id, SyncOutcome.Created);
        }

        var isSame = product.Text("name") == plan.Name && product.Flag("active")
            && (plan.Description is null || product.Text("description") == plan.Description);
        if (isSame)
        {
            return new("product", plan.Code, id, SyncOutcome.Ok);
        }

        await PostAsync(account, $"/v1/products/{id}", form.Set("active", true), null, dryRun, cancel);
        return new(
            "product", plan.Code, id, SyncOutcome.Updated,
            $"It was \"{product.Text("name")}\"{(product.Flag("active") ? "" : ", archived")}.");
    }

    private async Task<SyncLine> PriceAsync(StripeAccount account, Plan plan, PlanPrice price, bool dryRun, CancellationToken cancel)
    {
        var (project, name) = (account.Project.Code, $"{plan.Code} {CatalogWords.Of(price.Interval)} {price.Currency}");
        if (price.Seats is not null || StripeAmounts.ToStripe(new(price.AmountMinor, Currency.Of(price.Currency))) is not { } units)
        {
            return new(
                "price", name, null, SyncOutcome.Skipped,
                price.Seats is not null
                    ? "Seats with a price of their own are billed by Tollgate."
                    : "Stripe cannot move this amount exactly.");
        }

        // An id is for one currency: the project's.
        var named = price.Currency == account.Project.Currency
            ? StripePrices.Named(account.Credentials, variables.Read, plan.Code, price.Interval)
            : null;
        if (named is not null)
        {
            var there = await accounts.FetchAsync(account, $"/v1/prices/{Uri.EscapeDataString(named)}", null, cancel);
            var fault = there is { } known ? FaultOf(known, price, units) : "Stripe has no such price.";
            return new("price", name, named, fault is null ? SyncOutcome.Ok : SyncOutcome.Differs, fault);
        }

        var key = StripePrices.LookupKey(project, new(plan.Code, price.Interval, price.Currency));
        var listed = await accounts.FetchAsync(account, "/v1/prices", new StripeForm().Set("lookup_keys", [key]), cancel);
        var old = listed?.Items("data").Cast<JsonElement?>().FirstOrDefault();
        if (old is { } current && FaultOf(current, price, units) is null)
        {
            return new("price", name, current.Text("id"), SyncOutcome.Ok);
        }

        var form = new StripeForm().Set("product", StripePrices.ProductId(project, plan.Code))
            .Set("currency", price.Currency.ToLowerInvariant()).Set("unit_amount", units)
            .Set("recurring", new StripeForm().Set("interval", StripePrices.WordOf(price.Interval))).Set("lookup_key", key)
            .Set("transfer_lookup_key", true)
            .Set("metadata",
                new StripeForm().Set(StripePrices.PlanField, plan.Code).Set(StripePrices.IntervalField, CatalogWords.Of(price.Interval))
                    .Set(StripePrices.ProjectField, project));
        var made = await PostAsync(account, "/v1/prices", form, $"price {key} {units} after {old?.Text("id") ?? "none"}", dryRun, cancel);
        if (old is not { } replaced)
        {
            return new("price", name, made?.Text("id"), SyncOutcome.Created);
        }

        await PostAsync(account, $"/v1/prices/{replaced.Text("id")}", new StripeForm().Set("active", false), null, dryRun, cancel);
        return new("price", name, made?.Text("id"), SyncOutcome.Replaced, FaultOf(replaced, price, units));
    }

    /// <summary>Returns null if the price matches the catalogue.</summary>
    private static string? FaultOf(JsonElement found, PlanPrice price, long units)
    {
        var recurring = found.Child("recurring");
        return (found.Number("unit_amount"), found.Text("currency")?.ToUpperInvariant(), found.Flag("active")) switch
        {
            var (amount, currency, _) when amount != units || currency != price.Currency =>
                $"It is {amount} {currency} in Stripe's units, and {units} {price.Currency} in the catalogue.",
            _ when StripePrices.IntervalOf(recurring?.Text("interval"), recurring?.Number("interval_count") ?? 1) != price.Interval =>
                $"It is not {CatalogWords.Of(price.Interval)}.",
            (_, _, false) => "It is archived.",
            _ => null,
        };
    }

    /// <returns>Null in a dry run.</returns>
    private async Task<JsonElement?> PostAsync(
        StripeAccount account, string path, StripeForm form, string? key, bool dryRun, CancellationToken cancel)
    {
        if (dryRun)
        {
            return null;
        }

        var answer = await accounts.Client.PostAsync(account.Secret, path, form, key, cancel);
        return answer.Outcome == StripeOutcome.Done
            ? answer.Body
            : throw new ProviderSilentException(answer.Error is { } error ? $"Stripe refused {path}: {error}" : "Stripe did not answer.");
    }
}
