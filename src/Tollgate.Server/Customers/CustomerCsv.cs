using System.Text;
using System.Text.Json;
using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>One line of <c>/v1/customers.csv</c>.</summary>
internal static class CustomerCsv
{
    public static readonly string[] Columns =
    [
        "id", "name", "email", "currency", "time_zone", "country", "tax_id", "vat_status", "plan", "plan_version", "member_of",
        "created_at", "metadata",
    ];

    public static void Line(StringBuilder csv, CustomerView customer) =>
        csv.Cell(customer.Id).Next().Cell(customer.Name).Next().Cell(customer.Email).Next().Plain(customer.Currency).Next()
            .Plain(customer.TimeZone).Next().Plain(customer.Country).Next().Cell(customer.TaxId).Next().Plain(customer.Tax.VatStatus)
            .Next().Plain(customer.Plan).Next().Plain(customer.PlanVersion).Next().Cell(customer.MemberOf).Next().Time(customer.CreatedAt)
            .Next().Cell(JsonSerializer.Serialize(customer.Metadata, WireJson.Default.IReadOnlyDictionaryStringString)).End();
}
