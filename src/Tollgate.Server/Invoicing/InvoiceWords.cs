namespace Tollgate.Server.Invoicing;

/// <summary>The words of documents in one language. A language that lacks one does not compile.</summary>
internal sealed record InvoiceWords
{
    public required string Invoice { get; init; }
    public required string CreditNote { get; init; }
    public required string Statement { get; init; }

    // Statuses.
    public required string Draft { get; init; }
    public required string Paid { get; init; }
    public required string Void { get; init; }
    public required string Uncollectible { get; init; }

    // Below the amount at the top. {0} is a date.
    public required string DueBy { get; init; }
    public required string Due { get; init; }
    public required string PaidInFull { get; init; }
    public required string MayChange { get; init; }
    public required string NothingToPay { get; init; }
    public required string WrittenOff { get; init; }
    public required string ProrationCredited { get; init; }
    public required string InYourFavour { get; init; }

    // Facts.
    public required string Number { get; init; }
    public required string IssueDate { get; init; }
    public required string DueDate { get; init; }
    public required string Period { get; init; }
    public required string CustomerId { get; init; }
    public required string Currency { get; init; }
    public required string ForInvoice { get; init; }
    public required string Reason { get; init; }
    public required string From { get; init; }
    public required string To { get; init; }
    public required string TaxId { get; init; }

    // Tables.
    public required string Description { get; init; }
    public required string Quantity { get; init; }
    public required string UnitPrice { get; init; }
    public required string Amount { get; init; }
    public required string Date { get; init; }
    public required string Balance { get; init; }
    public required string Taxes { get; init; }
    public required string Rate { get; init; }
    public required string TaxableAmount { get; init; }
    public required string Tax { get; init; }
    public required string CreditNotes { get; init; }

    /// <summary>{0} is the name of a tax.</summary>
    public required string Included { get; init; }

    // Sums.
    public required string Subtotal { get; init; }
    public required string Discount { get; init; }
    public required string Total { get; init; }
    public required string AddedToCredits { get; init; }
    public required string FromCredits { get; init; }
    public required string Payments { get; init; }
    public required string Credited { get; init; }
    public required string AmountDue { get; init; }

    // A statement's entries. {0} is the number of an invoice.
    public required string Payment { get; init; }
    public required string Refund { get; init; }
    public required string ToCredits { get; init; }
    public required string InvoiceVoided { get; init; }
    public required string InvoiceWrittenOff { get; init; }
    public required string OpeningBalance { get; init; }
    public required string ClosingBalance { get; init; }
    public required string NoEntries { get; init; }
    public required string Invoiced { get; init; }
    public required string Refunded { get; init; }

    /// <summary>{0} of {1}.</summary>
    public required string Page { get; init; }
    public required string Sandbox { get; init; }

    /// <summary>The twelve months as written in a date.</summary>
    public required IReadOnlyList<string> Months { get; init; }

    public static InvoiceWords English { get; } = new()
    {
        Invoice = "Invoice", CreditNote = "Credit note", Statement = "Statement of account",
        Draft = "Draft", Paid = "Paid", Void = "Void", Uncollectible = "Uncollectible",
        DueBy = "due by {0}", Due = "due", PaidInFull = "paid in full", MayChange = "draft, may still change",
        NothingToPay = "void, nothing is to be paid",
        WrittenOff = "written off", ProrationCredited = "credited", InYourFavour = "in your favour",
        Number = "Number", IssueDate = "Date of issue", DueDate = "Due date", Period = "Period", CustomerId = "Customer",
        Currency = "Currency",
        ForInvoice = "For invoice", Reason = "Reason", From = "From", To = "To", TaxId = "Tax ID",
        Description = "Description", Quantity = "Quantity", UnitPrice = "Unit price", Amount = "Amount", Date = "Date", Balance = "Balance",
        Taxes = "Tax details", Rate = "Rate", TaxableAmount = "Taxable amount", Tax = "Tax", CreditNotes = "Credit notes",
        Included = "{0}, included in the prices",
        Subtotal = "Subtotal", Discount = "Discount", AddedToCredits = "Added to your credits", Total = "Total",
        FromCredits = "Paid from credits", Payments = "Paid", Credited = "Credited",
        AmountDue = "Amount due",
        Payment = "Payment of invoice {0}", Refund = "Refund of invoice {0}", ToCredits = "Credit of invoice {0} kept as credits",
        InvoiceVoided = "Invoice {0} voided", InvoiceWrittenOff = "Invoice {0} written off", OpeningBalance = "Opening balance",
        ClosingBalance = "Closing balance", NoEntries = "Nothing happened in this period.", Invoiced = "Invoiced", Refunded = "Refunded",
        Page = "Page {0} of {1}", Sandbox = "This is a test document. Nobody has to pay it.",
        Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    };

    public static InvoiceWords German { get; } = new()
    {
        Invoice = "Rechnung", CreditNote = "Rechnungskorrektur", Statement = "Kontoauszug",
        Draft = "Entwurf", Paid = "Bezahlt", Void = "Storniert", Uncollectible = "Uneinbringlich",
        DueBy = "zahlbar bis {0}", Due = "zu zahlen", PaidInFull = "vollständig bezahlt", MayChange = "Entwurf, kann sich noch ändern",
        NothingToPay = "storniert, nichts zu zahlen", WrittenOff = "abgeschrieben", ProrationCredited = "gutgeschrieben",
        InYourFavour = "zu Ihren Gunsten",
        Number = "Nummer", IssueDate = "Ausgestellt am", DueDate = "Zahlbar bis", Period = "Zeitraum", CustomerId = "Kunde",
        Currency = "Währung",
        ForInvoice = "Zur Rechnung", Reason = "Grund", From = "Von", To = "An", TaxId = "USt-IdNr.",
        Description = "Beschreibung", Quantity = "Menge", UnitPrice = "Einzelpreis", Amount = "Betrag", Date = "Datum", Balance = "Saldo",
        Taxes = "Steuern", Rate = "Satz", TaxableAmount = "Nettobetrag", Tax = "Steuer", CreditNotes = "Rechnungskorrekturen",
        Included = "{0}, in den Preisen enthalten",
        Subtotal = "Zwischensumme", Discount = "Rabatt", AddedToCredits = "Ihrem Guthaben gutgeschrieben", Total = "Gesamtbetrag",
        FromCredits = "Aus Guthaben bezahlt", Payments = "Bezahlt",
        Credited = "Gutgeschrieben", AmountDue = "Zu zahlen",
        Payment = "Zahlung zu Rechnung {0}", Refund = "Erstattung zu Rechnung {0}",
        ToCredits = "Gutschrift zu Rechnung {0} als Guthaben behalten",
        InvoiceVoided = "Rechnung {0} storniert", InvoiceWrittenOff = "Rechnung {0} abgeschrieben", OpeningBalance = "Anfangssaldo",
        ClosingBalance = "Endsaldo", NoEntries = "In diesem Zeitraum gab es keine Vorgänge.", Invoiced = "Berechnet",
        Refunded = "Erstattet",
        Page = "Seite {0} von {1}", Sandbox = "Dieses Dokument stammt aus einem Testsystem. Niemand muss es bezahlen.",
        Months = ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."],
    };

    public static InvoiceWords French { get; } = new()
    {
        Invoice = "Facture", CreditNote = "Avoir", Statement = "Relevé de compte",
        Draft = "Brouillon", Paid = "Payée", Void = "Annulée", Uncollectible = "Irrécouvrable",
        DueBy = "à payer avant le {0} inclus", Due = "à payer", PaidInFull = "entièrement payé",
        MayChange = "brouillon, peut encore changer",
        NothingToPay = "annulée, rien à payer", WrittenOff = "passée en perte", ProrationCredited = "crédité",
        InYourFavour = "en votre faveur",
        Number = "Numéro", IssueDate = "Date d’émission", DueDate = "Échéance", Period = "Période", CustomerId = "Client",
        Currency = "Devise",
        ForInvoice = "Facture d’origine", Reason = "Motif", From = "De", To = "À", TaxId = "N° TVA",
        Description = "Désignation", Quantity = "Quantité", UnitPrice = "Prix unitaire", Amount = "Montant", Date = "Date",
        Balance = "Solde",
        Taxes = "Détail des taxes", Rate = "Taux", TaxableAmount = "Base", Tax = "Taxe", CreditNotes = "Avoirs",
        Included = "{0}, comprise dans les prix",
        Subtotal = "Sous-total", Discount = "Remise", AddedToCredits = "Ajouté à vos crédits", Total = "Total",
        FromCredits = "Payé par crédits", Payments = "Payé", Credited = "Crédité",
        AmountDue = "Reste à payer",
        Payment = "Paiement de la facture {0}", Refund = "Remboursement de la facture {0}",
        ToCredits = "Avoir de la facture {0} conservé en crédits",
        InvoiceVoided = "Facture {0} annulée", InvoiceWrittenOff = "Facture {0} passée en perte", OpeningBalance = "Solde initial",
        ClosingBalance = "Solde final", NoEntries = "Aucune opération pendant cette période.", Invoiced = "Facturé", Refunded = "Remboursé",
        Page = "Page {0} sur {1}", Sandbox = "Ce document provient d’un système de test. Personne ne doit le payer.",
        Months = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."],
    };

    public static InvoiceWords Spanish { get; } = new()
    {
        Invoice = "Factura", CreditNote = "Factura rectificativa", Statement = "Extracto de cuenta",
        Draft = "Borrador", Paid = "Pagada", Void = "Anulada", Uncollectible = "Incobrable",
        DueBy = "a pagar hasta el {0}", Due = "a pagar", PaidInFull = "pagado por completo", MayChange = "borrador, aún puede cambiar",
        NothingToPay = "anulada, nada que pagar", WrittenOff = "dada de baja", ProrationCredited = "abonado", InYourFavour = "a su favor",
        Number = "Número", IssueDate = "Fecha de emisión", DueDate = "Vencimiento", Period = "Período", CustomerId = "Cliente",
        Currency = "Moneda",
        ForInvoice = "Factura de origen", Reason = "Motivo", From = "De", To = "Para", TaxId = "NIF/IVA",
        Description = "Descripción", Quantity = "Cantidad", UnitPrice = "Precio unitario", Amount = "Importe", Date = "Fecha",
        Balance = "Saldo",
        Taxes = "Detalle de impuestos", Rate = "Tipo", TaxableAmount = "Base imponible", Tax = "Impuesto",
        CreditNotes = "Facturas rectificativas",
        Included = "{0}, incluido en los precios",
        Subtotal = "Subtotal", Discount = "Descuento", AddedToCredits = "Añadido a sus créditos", Total = "Total",
        FromCredits = "Pagado con créditos", Payments = "Pagado", Credited = "Abonado",
        AmountDue = "Pendiente de pago",
        Payment = "Pago de la factura {0}", Refund = "Reembolso de la factura {0}",
        ToCredits = "Abono de la factura {0} guardado como créditos",
        InvoiceVoided = "Factura {0} anulada", InvoiceWrittenOff = "Factura {0} dada de baja", OpeningBalance = "Saldo inicial",
        ClosingBalance = "Saldo final", NoEntries = "No hubo movimientos en este período.", Invoiced = "Facturado",
        Refunded = "Reembolsado",
        Page = "Página {0} de {1}", Sandbox = "Este documento procede de un sistema de pruebas. Nadie tiene que pagarlo.",
        Months = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"],
    };
}
