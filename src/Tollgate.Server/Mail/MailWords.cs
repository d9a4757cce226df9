namespace Tollgate.Server.Mail;

/// <summary>The words of mails in one language: that of the project's invoices. A language that lacks one does not compile.</summary>
internal sealed record MailWords
{
    /// <summary>BCP 47.</summary>
    public required string Tag { get; init; }

    // Facts under the text, and the button.
    public required string Invoice { get; init; }
    public required string Amount { get; init; }
    public required string AmountDue { get; init; }
    public required string PaidOn { get; init; }
    public required string NextAttempt { get; init; }
    public required string Plan { get; init; }
    public required string PlanNow { get; init; }
    public required string Price { get; init; }
    public required string TrialEnds { get; init; }
    public required string Used { get; init; }
    public required string Ended { get; init; }
    public required string Ends { get; init; }
    public required string PayButton { get; init; }
    public required string NoMore { get; init; }

    /// <summary>{0} is an amount.</summary>
    public required string AWeek { get; init; }
    public required string AMonth { get; init; }
    public required string AYear { get; init; }

    /// <summary>{0} is the invoice's number.</summary>
    public required string ReceiptSubject { get; init; }
    public required string ReceiptHeading { get; init; }

    /// <summary>{0} is the amount, {1} the invoice's number.</summary>
    public required string ReceiptText { get; init; }

    /// <summary>{0} is the invoice's number.</summary>
    public required string FailedSubject { get; init; }
    public required string FailedHeading { get; init; }

    /// <summary>{0} is the amount, {1} the invoice's number, {2} one of the reasons.</summary>
    public required string FailedText { get; init; }
    public required string LastAttemptText { get; init; }
    public required string TooLittleMoney { get; init; }
    public required string WantsConfirmation { get; init; }
    public required string NoMethod { get; init; }
    public required string Declined { get; init; }

    /// <summary>{0} is the day of the next attempt.</summary>
    public required string TriedAgain { get; init; }

    /// <summary>{0} is the plan's name.</summary>
    public required string PlanKept { get; init; }
    public required string StillPayable { get; init; }

    /// <summary>{0} is the plan's name, {1} the invoice's number.</summary>
    public required string EndedUnpaidSubject { get; init; }

    /// <summary>{0} is the plan's name, {1} the day, {2} the plan that the customer has now.</summary>
    public required string EndedUnpaidText { get; init; }

    /// <summary>{0} is the plan's name.</summary>
    public required string PayingGivesItBack { get; init; }
    public required string SubscribeAnew { get; init; }

    /// <summary>{0} is the plan's name, {1} the day.</summary>
    public required string TrialSubject { get; init; }

    /// <summary>{0} is the plan's name, {1} its price.</summary>
    public required string TrialConverts { get; init; }

    /// <summary>{0} is the plan's name, {1} its price, {2} the plan that the customer has then.</summary>
    public required string TrialIsOver { get; init; }

    /// <summary>{0} is the plan's name, {1} the plan that the customer has then.</summary>
    public required string TrialCanceled { get; init; }

    /// <summary>{0} is the plan's name, {1} its price, {2} the plan that the customer has without a payment method.</summary>
    public required string TrialNeedsMethod { get; init; }

    /// <summary>{0} is the feature's name, {1} the threshold: <c>80%</c>.</summary>
    public required string ThresholdSubject { get; init; }

    /// <summary>{0} is the feature's name.</summary>
    public required string AllUsedSubject { get; init; }

    /// <summary>{0} is the used amount, {1} the granted one.</summary>
    public required string UsedText { get; init; }
    public required string UsedOf { get; init; }
    public required string BeyondText { get; init; }

    /// <summary>The name of the day on which the quota resets.</summary>
    public required string ResetsOn { get; init; }
    public required string UpgradeButton { get; init; }

    /// <summary>{0} is the plan's name.</summary>
    public required string ChangedSubject { get; init; }

    /// <summary>{0} is the plan's name, {1} that of the one before.</summary>
    public required string ChangedText { get; init; }

    /// <summary>{0} is the plan's name.</summary>
    public required string OverSubject { get; init; }

    /// <summary>{0} is the plan's name, {1} the plan that the customer has now.</summary>
    public required string OverText { get; init; }

    /// <summary>{0} is the plan's name, {1} the day.</summary>
    public required string EndsSubject { get; init; }
    public required string EndsText { get; init; }

    // The page on which customers unsubscribe.
    public required string RefuseAsk { get; init; }
    public required string RefuseText { get; init; }
    public required string RefuseButton { get; init; }
    public required string RefusedHeading { get; init; }
    public required string RefusedText { get; init; }
    public required string BadLinkHeading { get; init; }
    public required string BadLinkText { get; init; }

    /// <param name="tag">The language of the invoices, such as <c>de-AT</c>.</param>
    public static MailWords Of(string tag) =>
        tag.Split('-')[0].ToUpperInvariant() switch { "DE" => German, "FR" => French, "ES" => Spanish, _ => English };

    public static MailWords English { get; } = new()
    {
        Tag = "en", Invoice = "Invoice", Amount = "Amount", AmountDue = "Amount due", PaidOn = "Paid on", NextAttempt = "Next attempt",
        Plan = "Plan", PlanNow = "Your plan now",
        Price = "Price", TrialEnds = "Trial ends", Used = "Used", Ended = "Ended", Ends = "Ends", PayButton = "Pay the invoice",
        NoMore = "No more mails about usage",
        AWeek = "{0} a week", AMonth = "{0} a month", AYear = "{0} a year",
        ReceiptSubject = "Receipt for invoice {0}", ReceiptHeading = "Thank you for your payment",
        ReceiptText = "We have received {0}. Invoice {1} is paid.",
        FailedSubject = "Your payment for invoice {0} did not go through", FailedHeading = "Your payment did not go through",
        FailedText = "We tried to collect {0} for invoice {1}, but {2}.",
        LastAttemptText = "We tried one last time to collect {0} for invoice {1}, but {2}.",
        TooLittleMoney = "there was not enough money on the account", WantsConfirmation = "your bank wants you to confirm the payment",
        NoMethod = "we have no card to charge", Declined = "your bank declined it",
        TriedAgain = "We will try again on {0}. To pay earlier, pay the invoice or add another card.", PlanKept = "You keep {0} for now.",
        StillPayable = "You can still pay the invoice.",
        EndedUnpaidSubject = "{0} has ended: invoice {1} was not paid", EndedUnpaidText = "{0} ended on {1}, and you are on {2} now.",
        PayingGivesItBack = "If you pay the invoice, {0} continues at once.",
        SubscribeAnew = "You can still pay the invoice. To use {0} again, subscribe again.",
        TrialSubject = "Your trial of {0} ends on {1}",
        TrialConverts =
            "After that, {0} continues for {1}. You do not have to do anything. If you do not want to continue, cancel before then.",
        TrialIsOver = "After that, you are on {2}. To keep {0}, subscribe to it for {1}.",
        TrialCanceled =
            "You have canceled the trial. After that, you are on {1}, and we charge nothing. To keep {0}, "
                + "take the cancellation back before then.",
        TrialNeedsMethod =
            "After that, {0} continues for {1} if you have added a card or another payment method by then. Otherwise you are on {2}.",
        ThresholdSubject = "{0}: {1} used", AllUsedSubject = "{0}: all used", UsedText = "You have used {0} of your {1} for this period.",
        UsedOf = "{0} of {1}",
        BeyondText = "A larger plan includes more.", ResetsOn = "Resets on", UpgradeButton = "See the plans",
        ChangedSubject = "Your plan is {0} now", ChangedText = "Until now, it was {1}. You can use everything in {0} at once.",
        OverSubject = "{0} has ended", OverText = "Your subscription to {0} is canceled, and you are on {1} now.",
        EndsSubject = "{0} ends on {1}",
        EndsText =
            "Your subscription to {0} is canceled. You keep it until {1}, and we charge nothing after that. "
                + "You can take the cancellation back until then.",
        RefuseAsk = "No more mails about usage?", RefuseText = "You will still get receipts and mails about your plan.",
        RefuseButton = "Unsubscribe",
        RefusedHeading = "No more mails about usage",
        RefusedText = "You are unsubscribed. You still get receipts and mails about your plan.",
        BadLinkHeading = "This link is not valid", BadLinkText = "Open the whole link from the mail.",
    };

    public static MailWords German { get; } = new()
    {
        Tag = "de", Invoice = "Rechnung", Amount = "Betrag", AmountDue = "Zu zahlen", PaidOn = "Bezahlt am",
        NextAttempt = "Nächster Versuch", Plan = "Tarif", PlanNow = "Ihr Tarif jetzt",
        Price = "Preis", TrialEnds = "Ende der Testphase", Used = "Verbraucht", Ended = "Beendet am", Ends = "Endet am",
        PayButton = "Rechnung bezahlen",
        NoMore = "Keine E-Mails mehr über den Verbrauch",
        AWeek = "{0} pro Woche", AMonth = "{0} pro Monat", AYear = "{0} pro Jahr",
        ReceiptSubject = "Beleg zu Rechnung {0}", ReceiptHeading = "Danke für Ihre Zahlung",
        ReceiptText = "Wir haben {0} erhalten. Rechnung {1} ist bezahlt.",
        FailedSubject = "Ihre Zahlung zu Rechnung {0} war nicht erfolgreich", FailedHeading = "Ihre Zahlung war nicht erfolgreich",
        FailedText = "Wir haben versucht, {0} für Rechnung {1} einzuziehen: {2}.",
        LastAttemptText = "Wir haben ein letztes Mal versucht, {0} für Rechnung {1} einzuziehen: {2}.",
        TooLittleMoney = "das Konto war nicht ausreichend gedeckt", WantsConfirmation = "Ihre Bank möchte, dass Sie die Zahlung bestätigen",
        NoMethod = "uns liegt keine Karte von Ihnen vor, die belastet werden kann", Declined = "Ihre Bank hat die Zahlung abgelehnt",
        TriedAgain =
            "Wir versuchen es am {0} erneut. Wenn Sie es vorher regeln möchten, bezahlen Sie die Rechnung oder hinterlegen Sie eine andere "
                + "Karte.",
        PlanKept = "Sie behalten {0} vorerst.", StillPayable = "Sie können die Rechnung weiterhin bezahlen.",
        EndedUnpaidSubject = "{0} ist beendet: Rechnung {1} wurde nicht bezahlt",
        EndedUnpaidText = "{0} endete am {1}. Sie haben jetzt {2}.",
        PayingGivesItBack = "Bezahlen Sie die Rechnung, und {0} geht sofort weiter.",
        SubscribeAnew = "Sie können die Rechnung weiterhin bezahlen. Wenn Sie {0} wieder haben möchten, schließen Sie es neu ab.",
        TrialSubject = "Ihre Testphase von {0} endet am {1}",
        TrialConverts = "Danach läuft {0} für {1} weiter. Sie müssen nichts tun. Wenn Sie das nicht möchten, kündigen Sie vorher.",
        TrialIsOver = "Danach haben Sie {2}. Wenn Sie {0} behalten möchten, schließen Sie es für {1} ab.",
        TrialCanceled =
            "Sie ist gekündigt: Danach haben Sie {1}, und es wird nichts berechnet. Wenn Sie {0} behalten möchten, "
                + "nehmen Sie die Kündigung vorher zurück.",
        TrialNeedsMethod =
            "Danach läuft {0} für {1} weiter, wenn bis dahin eine Karte oder ein anderes Zahlungsmittel von Ihnen hinterlegt ist. "
                + "Andernfalls haben Sie {2}.",
        ThresholdSubject = "{0}: {1} verbraucht", AllUsedSubject = "{0}: alles verbraucht",
        UsedText = "Sie haben {0} von {1} verbraucht, die Sie in diesem Zeitraum haben.",
        UsedOf = "{0} von {1}", BeyondText = "Ein größerer Tarif enthält mehr.", ResetsOn = "Beginnt neu am",
        UpgradeButton = "Tarife ansehen",
        ChangedSubject = "Ihr Tarif ist jetzt {0}", ChangedText = "Bisher war es {1}. Was {0} enthält, können Sie sofort nutzen.",
        OverSubject = "{0} ist beendet", OverText = "Ihr Abonnement von {0} ist gekündigt. Sie haben jetzt {1}.",
        EndsSubject = "{0} endet am {1}",
        EndsText =
            "Ihr Abonnement von {0} ist gekündigt. Sie behalten es bis zum {1}, danach wird nichts mehr berechnet. "
                + "Bis dahin können Sie die Kündigung zurücknehmen.",
        RefuseAsk = "Keine E-Mails mehr über den Verbrauch?", RefuseText = "Belege und was Ihren Tarif betrifft erhalten Sie weiterhin.",
        RefuseButton = "Abbestellen",
        RefusedHeading = "Keine E-Mails mehr über den Verbrauch",
        RefusedText = "Sie sind abgemeldet. Belege und was Ihren Tarif betrifft erhalten Sie weiterhin.",
        BadLinkHeading = "Dieser Link ist nicht gültig", BadLinkText = "Nehmen Sie den ganzen Link aus der E-Mail.",
    };

    public static MailWords French { get; } = new()
    {
        Tag = "fr", Invoice = "Facture", Amount = "Montant", AmountDue = "Reste à payer", PaidOn = "Payée le",
        NextAttempt = "Prochain essai", Plan = "Offre", PlanNow = "Votre offre actuelle",
        Price = "Prix", TrialEnds = "Fin de l’essai", Used = "Consommé", Ended = "Terminée le", Ends = "Se termine le",
        PayButton = "Payer la facture",
        NoMore = "Ne plus recevoir d’e-mails sur la consommation",
        AWeek = "{0} par semaine", AMonth = "{0} par mois", AYear = "{0} par an",
        ReceiptSubject = "Reçu pour la facture {0}", ReceiptHeading = "Merci pour votre paiement",
        ReceiptText = "Nous avons bien reçu {0}. La facture {1} est payée.",
        FailedSubject = "Votre paiement de la facture {0} n’a pas abouti", FailedHeading = "Votre paiement n’a pas abouti",
        FailedText = "Nous avons essayé de prélever {0} pour la facture {1}, mais {2}.",
        LastAttemptText = "Nous avons essayé une dernière fois de prélever {0} pour la facture {1}, mais {2}.",
        TooLittleMoney = "le compte n’était pas suffisamment approvisionné",
        WantsConfirmation = "votre banque souhaite que vous confirmiez le paiement",
        NoMethod = "nous n’avons aucune carte de vous qui puisse être débitée", Declined = "votre banque l’a refusé",
        TriedAgain = "Nous essaierons de nouveau le {0}. Pour régler avant, payez la facture ou ajoutez une autre carte.",
        PlanKept = "Vous gardez {0} pour l’instant.",
        StillPayable = "Vous pouvez toujours payer la facture.",
        EndedUnpaidSubject = "{0} est terminé : la facture {1} n’a pas été payée",
        EndedUnpaidText = "{0} a pris fin le {1}, et vous avez maintenant {2}.",
        PayingGivesItBack = "Payez la facture, et {0} reprend aussitôt.",
        SubscribeAnew = "Vous pouvez toujours payer la facture. Pour retrouver {0}, souscrivez de nouveau.",
        TrialSubject = "Votre essai de {0} se termine le {1}",
        TrialConverts = "Ensuite, {0} continue pour {1}. Vous n’avez rien à faire. Si vous ne le souhaitez pas, résiliez avant.",
        TrialIsOver = "Ensuite, vous aurez {2}. Pour garder {0}, souscrivez pour {1}.",
        TrialCanceled = "Il est résilié : ensuite, vous aurez {1}, et rien ne sera facturé. Pour garder {0}, annulez la résiliation avant.",
        TrialNeedsMethod =
            "Ensuite, {0} continue pour {1} si une carte ou un autre moyen de paiement est enregistré d’ici là. Sinon, vous aurez {2}.",
        ThresholdSubject = "{0} : {1} consommés", AllUsedSubject = "{0} : tout est consommé",
        UsedText = "Vous avez consommé {0} sur les {1} dont vous disposez pour cette période.",
        UsedOf = "{0} sur {1}", BeyondText = "Une offre plus grande en contient plus.", ResetsOn = "Remise à zéro le",
        UpgradeButton = "Voir les offres",
        ChangedSubject = "Votre offre est maintenant {0}",
        ChangedText = "Jusqu’ici, c’était {1}. Tout ce que {0} contient est disponible dès maintenant.",
        OverSubject = "{0} est terminé", OverText = "Votre abonnement à {0} est résilié, et vous avez maintenant {1}.",
        EndsSubject = "{0} se termine le {1}",
        EndsText =
            "Votre abonnement à {0} est résilié. Vous le gardez jusqu’au {1}, et plus rien ne sera facturé ensuite. D’ici là, "
                + "vous pouvez annuler la résiliation.",
        RefuseAsk = "Ne plus recevoir d’e-mails sur la consommation ?",
        RefuseText = "Vous recevrez toujours les reçus et ce qui concerne votre offre.", RefuseButton = "Se désabonner",
        RefusedHeading = "Plus d’e-mails sur la consommation",
        RefusedText = "Vous êtes désabonné. Vous recevrez toujours les reçus et ce qui concerne votre offre.",
        BadLinkHeading = "Ce lien n’est pas valable", BadLinkText = "Reprenez le lien entier de l’e-mail.",
    };

    public static MailWords Spanish { get; } = new()
    {
        Tag = "es", Invoice = "Factura", Amount = "Importe", AmountDue = "Pendiente de pago", PaidOn = "Pagada el",
        NextAttempt = "Próximo intento", Plan = "Plan", PlanNow = "Su plan actual",
        Price = "Precio", TrialEnds = "Fin de la prueba", Used = "Consumido", Ended = "Terminó el", Ends = "Termina el",
        PayButton = "Pagar la factura",
        NoMore = "No recibir más correos sobre el consumo",
        AWeek = "{0} por semana", AMonth = "{0} al mes", AYear = "{0} al año",
        ReceiptSubject = "Recibo de la factura {0}", ReceiptHeading = "Gracias por su pago",
        ReceiptText = "Hemos recibido {0}. La factura {1} está pagada.",
        FailedSubject = "El pago de la factura {0} no se ha realizado", FailedHeading = "Su pago no se ha realizado",
        FailedText = "Hemos intentado cobrar {0} por la factura {1}, pero {2}.",
        LastAttemptText = "Hemos intentado por última vez cobrar {0} por la factura {1}, pero {2}.",
        TooLittleMoney = "no había saldo suficiente en la cuenta", WantsConfirmation = "su banco quiere que usted confirme el pago",
        NoMethod = "no tenemos ninguna tarjeta suya a la que cobrar", Declined = "su banco lo ha rechazado",
        TriedAgain = "Lo intentaremos de nuevo el {0}. Para resolverlo antes, pague la factura o añada otra tarjeta.",
        PlanKept = "Por ahora conserva {0}.",
        StillPayable = "Todavía puede pagar la factura.",
        EndedUnpaidSubject = "{0} ha terminado: la factura {1} no se ha pagado", EndedUnpaidText = "{0} terminó el {1}, y ahora tiene {2}.",
        PayingGivesItBack = "Pague la factura, y {0} continuará de inmediato.",
        SubscribeAnew = "Todavía puede pagar la factura. Para volver a tener {0}, contrátelo de nuevo.",
        TrialSubject = "Su prueba de {0} termina el {1}",
        TrialConverts = "Después, {0} continúa por {1}. No tiene que hacer nada. Si no lo desea, cancele antes.",
        TrialIsOver = "Después tendrá {2}. Para conservar {0}, contrátelo por {1}.",
        TrialCanceled = "Está cancelada: después tendrá {1}, y no se cobrará nada. Para conservar {0}, anule antes la cancelación.",
        TrialNeedsMethod = "Después, {0} continúa por {1} si para entonces hay una tarjeta u otro medio de pago suyo. Si no, tendrá {2}.",
        ThresholdSubject = "{0}: {1} consumido", AllUsedSubject = "{0}: todo consumido",
        UsedText = "Ha consumido {0} de los {1} que tiene para este período.", UsedOf = "{0} de {1}",
        BeyondText = "Un plan mayor incluye más.", ResetsOn = "Se renueva el", UpgradeButton = "Ver los planes",
        ChangedSubject = "Ahora su plan es {0}", ChangedText = "Hasta ahora era {1}. Ya puede usar todo lo que {0} incluye.",
        OverSubject = "{0} ha terminado", OverText = "Su suscripción a {0} está cancelada, y ahora tiene {1}.",
        EndsSubject = "{0} termina el {1}",
        EndsText =
            "Su suscripción a {0} está cancelada. La conserva hasta el {1}, y después no se le cobrará nada más. "
                + "Hasta entonces puede anular la cancelación.",
        RefuseAsk = "¿No recibir más correos sobre el consumo?",
        RefuseText = "Seguirá recibiendo los recibos y lo que se refiere a su plan.", RefuseButton = "Darse de baja",
        RefusedHeading = "No más correos sobre el consumo",
        RefusedText = "Se ha dado de baja. Seguirá recibiendo los recibos y lo que se refiere a su plan.",
        BadLinkHeading = "Este enlace no es válido", BadLinkText = "Tome el enlace completo del correo.",
    };
}
