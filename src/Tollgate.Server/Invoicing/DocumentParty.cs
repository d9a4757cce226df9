using Tollgate.Core.Invoicing;

namespace Tollgate.Server.Invoicing;

/// <summary>The sender or recipient of a document, line by line below the name.</summary>
internal static class DocumentParty
{
    public static IEnumerable<string> Lines(InvoiceParty party, InvoiceWords words)
    {
        foreach (var line in party.Address)
        {
            yield return line;
        }

        if (party.Country is { } country)
        {
            yield return country;
        }

        if (party.Email is { } email)
        {
            yield return email;
        }

        if (party.TaxId is { } id)
        {
            yield return $"{words.TaxId} {id}";
        }
    }
}
