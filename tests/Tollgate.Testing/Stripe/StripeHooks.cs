using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Tollgate.Testing.Stripe;

/// <summary>Stripe's events: signed as Stripe signs, including the shape that was in use before 2025-03-31.</summary>
public static class StripeHooks
{
    public const string OlderVersion = "2025-02-24.acacia";

    public static string Sign(byte[] body, string secret, DateTimeOffset at)
    {
        var t = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var hex = Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.UTF8.GetBytes($"{t}."), .. body]));
        return $"t={t},v1={hex},v0={new string('0', 64)}";
    }

    /// <summary>Returns the same event in the form for an endpoint of the older version.</summary>
    public static JsonObject Older(JsonObject happened)
    {
        var older = happened.DeepClone().AsObject();
        older["api_version"] = OlderVersion;
        var moved = older["data"]!["object"]!.AsObject();
        switch (moved["object"]!.GetValue<string>())
        {
            case "subscription":
                var items = moved["items"]!["data"]!.AsArray();
                foreach (var name in new[] { "current_period_start", "current_period_end" })
                {
                    moved[name] = items[0]![name]!.DeepClone();
                    foreach (var item in items)
                    {
                        item!.AsObject().Remove(name);
                    }
                }

                break;
            case "invoice":
                var details = moved["parent"]?["subscription_details"];
                moved["subscription"] = details?["subscription"]?.DeepClone();
                moved["subscription_details"] = details is null ? null : new JsonObject { ["metadata"] = details["metadata"]?.DeepClone() };
                moved["paid"] = moved["status"]!.GetValue<string>() == "paid";
                moved["payment_intent"] = moved["payments"]?["data"]?.AsArray()
                    .FirstOrDefault()?["payment"]?["payment_intent"]?.DeepClone();
                moved.Remove("parent");
                moved.Remove("payments");
                foreach (var line in moved["lines"]!["data"]!.AsArray())
                {
                    line!["type"] = "subscription";
                    line["proration"] = line["parent"]?["subscription_item_details"]?["proration"]?.DeepClone() ?? false;
                    line.AsObject().Remove("parent");
                    line.AsObject().Remove("pricing");
                }

                break;
        }

        return older;
    }
}
