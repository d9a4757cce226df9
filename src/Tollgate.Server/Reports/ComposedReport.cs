using Tollgate.Core.Invoicing;
using Tollgate.Core.Reports;
using Tollgate.Core.Time;

namespace Tollgate.Server.Reports;

/// <summary>The request of a report.</summary>
/// <param name="Customer">The customer of a customer report; else null.</param>
/// <param name="From">The first day, in the project's time zone.</param>
/// <param name="To">The last day, inclusive.</param>
internal sealed record ReportOrder(ReportKind Kind, string? Customer, DateOnly From, DateOnly To);

/// <summary>A report before its conversion to a file.</summary>
/// <param name="Currency">The currency of minor units.</param>
/// <param name="At">The project's time.</param>
/// <param name="Buyer">The customer of a customer report.</param>
internal sealed record ComposedReport(
    ReportOrder Order, string Title, string Project, string Currency, Instant At, InvoiceParty? Buyer,
    IReadOnlyList<ReportSection> Sections, IReadOnlyList<string> Notes);
