using System.Text.Json;
using Tollgate.Core.Catalog;
using Tollgate.Core.Money;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Engine.Projects;

namespace Tollgate.Engine.Payments.Stripe;

public enum SyncOutcome
{
    /// <summary>It is there, and as the catalogue has it.</summary>
    Ok,

    /// <summary>It was not there. In a dry run: it would be made.</summary>
    Created,

    /// <summary>Name or description were brought up to date. Of a dry run: they would be.</summary>
    Updated,

    /// <summary>Another price takes its place; the old one is archived and stays with who has it. Of a dry run: it would be so.</summary>
    Replaced,

    /// <summary>A price that somebody named is not what the catalogue says. It is left alone.</summary>
    Differs,

    /// <summary>Stripe has nothing that it could be.</summary>
    Skipped,
}

/// <param name="Kind"><c>product</c> or <c>price</c>.</param>
/// <param name="Name">As the catalogue has it: <c>pro</c>, <c>pro monthly USD</c>.</param>
/// <param name="Id">At Stripe; null: there is none.</param>
/// <param name="Detail">What differs, for people.</param>
public sealed record SyncLine(string Kind, string Name, string? Id, SyncOutcome Outcome, string? Detail = null);

/// <summary>What the environment says, by name of variable.</summary>
public sealed record StripeVariables(Func<string, string?> Read);

/// <summary>
/// Makes or verifies what the catalogue sells as products and prices at Stripe: 1. a product for each active plan that costs something,
/// with an id of our choosing;
/// 2. a price for each of its prices, found again by its lookup key. Again it changes nothing. An amount at Stripe is never edited: another
/// price takes its place and its lookup key, and the old one is archived.
/// </summary>
public sealed class SyncStripe(StripeAccounts accounts, StripeVariables variables)
{
    /// <returns>Null: the project has no keys of Stripe.</returns>
    /// <exception cref="ProviderSilentException">Stripe did not answer, or refused. What was made until then stays; again it goes
    /// on.</exception>
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

        // One id stands for one currency: the one of the project.
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

    /// <summary>Null: it is what the catalogue says.</summary>
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
