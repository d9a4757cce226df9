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
        NoMore = "Unsubscribe from usage emails",
        AWeek = "{0} a week", AMonth = "{0} a month", AYear = "{0} a year",
        ReceiptSubject = "Receipt for invoice {0}", ReceiptHeading = "Thank you for your payment",
        ReceiptText = "We have received {0}. Invoice {1} is paid.",
        FailedSubject = "Your payment for invoice {0} did not go through", FailedHeading = "Your payment did not go through",
        FailedText = "We tried to collect {0} for invoice {1}, but {2}.",
        LastAttemptText = "We tried one last time to collect {0} for invoice {1}, but {2}.",
        TooLittleMoney = "the account had insufficient funds", WantsConfirmation = "your bank requires you to confirm the payment",
        NoMethod = "no payment method is on file", Declined = "your bank declined it",
        TriedAgain = "We will try again on {0}. To pay sooner, pay the invoice or add another card.", PlanKept = "You keep {0} for now.",
        StillPayable = "You can still pay the invoice.",
        EndedUnpaidSubject = "{0} has ended: invoice {1} was not paid", EndedUnpaidText = "{0} ended on {1}. You are now on {2}.",
        PayingGivesItBack = "If you pay the invoice, {0} continues at once.",
        SubscribeAnew = "You can still pay the invoice. To use {0} again, subscribe again.",
        TrialSubject = "Your trial of {0} ends on {1}",
        TrialConverts =
            "After that, {0} continues for {1}. You do not need to do anything. To avoid being charged, cancel before then.",
        TrialIsOver = "You then move to {2}. To keep {0}, subscribe for {1}.",
        TrialCanceled =
            "You have canceled your trial, so we will not charge you. You then move to {1}. To keep {0}, undo the cancellation before "
                + "then.",
        TrialNeedsMethod =
            "After that, {0} continues for {1} if you have added a payment method by then. Otherwise you move to {2}.",
        ThresholdSubject = "{0}: {1} used", AllUsedSubject = "{0}: quota used up", UsedText = "You have used {0} of {1} in this period.",
        UsedOf = "{0} of {1}",
        BeyondText = "If you need more, upgrade to a larger plan.", ResetsOn = "Resets on", UpgradeButton = "See the plans",
        ChangedSubject = "Your plan is now {0}", ChangedText = "Your plan has changed from {1} to {0}. Everything in {0} is available now.",
        OverSubject = "{0} has ended", OverText = "Your subscription to {0} has ended. You are now on {1}.",
        EndsSubject = "{0} ends on {1}",
        EndsText =
            "Your subscription to {0} is canceled. You can use it until {1}, and it will not renew. You can undo the cancellation until "
                + "then.",
        RefuseAsk = "Unsubscribe from usage emails?", RefuseText = "You will still receive receipts and emails about your plan.",
        RefuseButton = "Unsubscribe",
        RefusedHeading = "You are unsubscribed",
        RefusedText = "You will no longer receive usage emails. You will still receive receipts and emails about your plan.",
        BadLinkHeading = "This link is not valid", BadLinkText = "Open the complete link from the email.",
    };

    public static MailWords German { get; } = new()
    {
        Tag = "de", Invoice = "Rechnung", Amount = "Betrag", AmountDue = "Zu zahlen", PaidOn = "Bezahlt am",
        NextAttempt = "Nächster Versuch", Plan = "Tarif", PlanNow = "Ihr Tarif jetzt",
        Price = "Preis", TrialEnds = "Ende der Testphase", Used = "Verbraucht", Ended = "Beendet am", Ends = "Endet am",
        PayButton = "Rechnung bezahlen",
        NoMore = "E-Mails zum Verbrauch abbestellen",
        AWeek = "{0} pro Woche", AMonth = "{0} pro Monat", AYear = "{0} pro Jahr",
        ReceiptSubject = "Beleg zu Rechnung {0}", ReceiptHeading = "Danke für Ihre Zahlung",
        ReceiptText = "Wir haben {0} erhalten. Rechnung {1} ist bezahlt.",
        FailedSubject = "Ihre Zahlung zu Rechnung {0} war nicht erfolgreich", FailedHeading = "Ihre Zahlung war nicht erfolgreich",
        FailedText = "Wir haben versucht, {0} für Rechnung {1} einzuziehen: {2}.",
        LastAttemptText = "Wir haben ein letztes Mal versucht, {0} für Rechnung {1} einzuziehen: {2}.",
        TooLittleMoney = "das Konto war nicht ausreichend gedeckt", WantsConfirmation = "Ihre Bank verlangt, dass Sie die Zahlung "
            + "bestätigen",
        NoMethod = "es ist kein Zahlungsmittel hinterlegt", Declined = "Ihre Bank hat die Zahlung abgelehnt",
        TriedAgain =
            "Wir versuchen es am {0} erneut. Wenn Sie früher zahlen möchten, bezahlen Sie die Rechnung oder hinterlegen Sie eine andere "
                + "Karte.",
        PlanKept = "Sie behalten {0} vorerst.", StillPayable = "Sie können die Rechnung weiterhin bezahlen.",
        EndedUnpaidSubject = "{0} ist beendet: Rechnung {1} wurde nicht bezahlt",
        EndedUnpaidText = "{0} endete am {1}. Sie nutzen jetzt {2}.",
        PayingGivesItBack = "Sobald Sie die Rechnung bezahlen, läuft {0} weiter.",
        SubscribeAnew = "Sie können die Rechnung weiterhin bezahlen. Um {0} wieder zu nutzen, schließen Sie ein neues Abonnement ab.",
        TrialSubject = "Ihre Testphase von {0} endet am {1}",
        TrialConverts = "Danach läuft {0} für {1} weiter. Sie müssen nichts tun. Wenn Sie das nicht möchten, kündigen Sie vorher.",
        TrialIsOver = "Danach wechseln Sie zu {2}. Wenn Sie {0} behalten möchten, schließen Sie es für {1} ab.",
        TrialCanceled =
            "Sie haben die Testphase gekündigt, daher berechnen wir nichts. Danach wechseln Sie zu {1}. Wenn Sie {0} behalten möchten, "
                + "nehmen Sie die Kündigung vorher zurück.",
        TrialNeedsMethod =
            "Danach läuft {0} für {1} weiter, wenn bis dahin ein Zahlungsmittel hinterlegt ist. Andernfalls wechseln Sie zu {2}.",
        ThresholdSubject = "{0}: {1} verbraucht", AllUsedSubject = "{0}: Kontingent aufgebraucht",
        UsedText = "Sie haben in diesem Zeitraum {0} von {1} verbraucht.",
        UsedOf = "{0} von {1}", BeyondText = "Wenn Sie mehr benötigen, wechseln Sie zu einem größeren Tarif.", ResetsOn = "Nächster "
            + "Zeitraum ab",
        UpgradeButton = "Tarife ansehen",
        ChangedSubject = "Ihr Tarif ist jetzt {0}", ChangedText = "Ihr Tarif wurde von {1} auf {0} geändert. Alle Leistungen von {0} "
            + "stehen Ihnen sofort zur Verfügung.",
        OverSubject = "{0} ist beendet", OverText = "Ihr Abonnement von {0} ist beendet. Sie nutzen jetzt {1}.",
        EndsSubject = "{0} endet am {1}",
        EndsText =
            "Ihr Abonnement von {0} ist gekündigt. Sie können es bis zum {1} nutzen, danach verlängert es sich nicht. Bis dahin können Sie "
                + "die Kündigung zurücknehmen.",
        RefuseAsk = "E-Mails zum Verbrauch abbestellen?", RefuseText = "Belege und Nachrichten zu Ihrem Tarif erhalten Sie weiterhin.",
        RefuseButton = "Abbestellen",
        RefusedHeading = "E-Mails zum Verbrauch abbestellt",
        RefusedText = "Sie erhalten keine E-Mails zum Verbrauch mehr. Belege und Nachrichten zu Ihrem Tarif erhalten Sie weiterhin.",
        BadLinkHeading = "Dieser Link ist nicht gültig", BadLinkText = "Öffnen Sie den vollständigen Link aus der E-Mail.",
    };

    public static MailWords French { get; } = new()
    {
        Tag = "fr", Invoice = "Facture", Amount = "Montant", AmountDue = "Reste à payer", PaidOn = "Payée le",
        NextAttempt = "Prochaine tentative", Plan = "Offre", PlanNow = "Votre offre actuelle",
        Price = "Prix", TrialEnds = "Fin de l’essai", Used = "Consommé", Ended = "Terminée le", Ends = "Se termine le",
        PayButton = "Payer la facture",
        NoMore = "Se désabonner des e-mails de consommation",
        AWeek = "{0} par semaine", AMonth = "{0} par mois", AYear = "{0} par an",
        ReceiptSubject = "Reçu pour la facture {0}", ReceiptHeading = "Merci pour votre paiement",
        ReceiptText = "Nous avons bien reçu {0}. La facture {1} est payée.",
        FailedSubject = "Votre paiement de la facture {0} n’a pas abouti", FailedHeading = "Votre paiement n’a pas abouti",
        FailedText = "Nous avons essayé de prélever {0} pour la facture {1}, mais {2}.",
        LastAttemptText = "Nous avons essayé une dernière fois de prélever {0} pour la facture {1}, mais {2}.",
        TooLittleMoney = "le compte n’était pas suffisamment approvisionné",
        WantsConfirmation = "votre banque demande que vous confirmiez le paiement",
        NoMethod = "aucun moyen de paiement n’est enregistré", Declined = "votre banque l’a refusé",
        TriedAgain = "Nous réessaierons le {0}. Pour payer plus tôt, réglez la facture ou ajoutez une autre carte.",
        PlanKept = "Vous conservez {0} pour l’instant.",
        StillPayable = "Vous pouvez toujours payer la facture.",
        EndedUnpaidSubject = "{0} est terminé : la facture {1} n’a pas été payée",
        EndedUnpaidText = "{0} a pris fin le {1}. Vous utilisez désormais {2}.",
        PayingGivesItBack = "Dès que vous payez la facture, {0} reprend.",
        SubscribeAnew = "Vous pouvez toujours payer la facture. Pour utiliser {0} à nouveau, souscrivez un nouvel abonnement.",
        TrialSubject = "Votre période d’essai de {0} se termine le {1}",
        TrialConverts = "Ensuite, {0} se poursuit pour {1}. Vous n’avez rien à faire. Si vous ne souhaitez pas continuer, résiliez avant "
            + "cette date.",
        TrialIsOver = "Vous passerez ensuite à {2}. Pour conserver {0}, souscrivez pour {1}.",
        TrialCanceled = "Vous avez résilié votre essai : rien ne vous sera facturé. Vous passerez ensuite à {1}. Pour conserver {0}, "
            + "annulez la résiliation avant cette date.",
        TrialNeedsMethod =
            "Ensuite, {0} se poursuit pour {1} si un moyen de paiement est enregistré d’ici là. Sinon, vous passerez à {2}.",
        ThresholdSubject = "{0} : {1} consommés", AllUsedSubject = "{0} : quota épuisé",
        UsedText = "Vous avez consommé {0} sur {1} pour cette période.",
        UsedOf = "{0} sur {1}", BeyondText = "Si vous avez besoin de plus, passez à une offre supérieure.", ResetsOn = "Remise à zéro le",
        UpgradeButton = "Voir les offres",
        ChangedSubject = "Votre offre est maintenant {0}",
        ChangedText = "Votre offre est passée de {1} à {0}. Tout ce que {0} comprend est disponible dès maintenant.",
        OverSubject = "{0} est terminé", OverText = "Votre abonnement à {0} est terminé. Vous utilisez désormais {1}.",
        EndsSubject = "{0} se termine le {1}",
        EndsText =
            "Votre abonnement à {0} est résilié. Vous pouvez l’utiliser jusqu’au {1} ; il ne sera pas renouvelé. D’ici là, vous pouvez "
                + "annuler la résiliation.",
        RefuseAsk = "Se désabonner des e-mails de consommation ?",
        RefuseText = "Vous recevrez toujours les reçus et les e-mails concernant votre offre.", RefuseButton = "Se désabonner",
        RefusedHeading = "Désabonnement confirmé",
        RefusedText = "Vous ne recevrez plus d’e-mails de consommation. Vous recevrez toujours les reçus et les e-mails concernant votre "
            + "offre.",
        BadLinkHeading = "Ce lien n’est pas valide", BadLinkText = "Ouvrez le lien complet figurant dans l’e-mail.",
    };

    public static MailWords Spanish { get; } = new()
    {
        Tag = "es", Invoice = "Factura", Amount = "Importe", AmountDue = "Pendiente de pago", PaidOn = "Pagada el",
        NextAttempt = "Próximo intento", Plan = "Plan", PlanNow = "Su plan actual",
        Price = "Precio", TrialEnds = "Fin de la prueba", Used = "Consumido", Ended = "Terminó el", Ends = "Termina el",
        PayButton = "Pagar la factura",
        NoMore = "Darse de baja de los correos sobre el consumo",
        AWeek = "{0} por semana", AMonth = "{0} al mes", AYear = "{0} al año",
        ReceiptSubject = "Recibo de la factura {0}", ReceiptHeading = "Gracias por su pago",
        ReceiptText = "Hemos recibido {0}. La factura {1} está pagada.",
        FailedSubject = "El pago de la factura {0} no se ha realizado", FailedHeading = "Su pago no se ha realizado",
        FailedText = "Hemos intentado cobrar {0} por la factura {1}, pero {2}.",
        LastAttemptText = "Hemos intentado por última vez cobrar {0} por la factura {1}, pero {2}.",
        TooLittleMoney = "no había saldo suficiente en la cuenta", WantsConfirmation = "su banco requiere que confirme el pago",
        NoMethod = "no hay ningún método de pago guardado", Declined = "su banco lo ha rechazado",
        TriedAgain = "Volveremos a intentarlo el {0}. Para pagar antes, pague la factura o añada otra tarjeta.",
        PlanKept = "Por ahora conserva {0}.",
        StillPayable = "Todavía puede pagar la factura.",
        EndedUnpaidSubject = "{0} ha terminado: la factura {1} no se ha pagado", EndedUnpaidText = "{0} terminó el {1}. Ahora tiene {2}.",
        PayingGivesItBack = "En cuanto pague la factura, {0} continuará.",
        SubscribeAnew = "Todavía puede pagar la factura. Para volver a usar {0}, suscríbase de nuevo.",
        TrialSubject = "Su período de prueba de {0} termina el {1}",
        TrialConverts = "Después, {0} continúa por {1}. No tiene que hacer nada. Si no desea continuar, cancele antes de esa fecha.",
        TrialIsOver = "Después pasará a {2}. Para conservar {0}, suscríbase por {1}.",
        TrialCanceled = "Ha cancelado la prueba, así que no se le cobrará nada. Después pasará a {1}. Para conservar {0}, anule la "
            + "cancelación antes de esa fecha.",
        TrialNeedsMethod = "Después, {0} continúa por {1} si para entonces hay un método de pago guardado. Si no, pasará a {2}.",
        ThresholdSubject = "{0}: {1} consumido", AllUsedSubject = "{0}: cuota agotada",
        UsedText = "Ha consumido {0} de {1} en este período.", UsedOf = "{0} de {1}",
        BeyondText = "Si necesita más, cambie a un plan superior.", ResetsOn = "Se renueva el", UpgradeButton = "Ver los planes",
        ChangedSubject = "Ahora su plan es {0}", ChangedText = "Su plan ha cambiado de {1} a {0}. Ya puede usar todo lo que {0} incluye.",
        OverSubject = "{0} ha terminado", OverText = "Su suscripción a {0} ha terminado. Ahora tiene {1}.",
        EndsSubject = "{0} termina el {1}",
        EndsText =
            "Su suscripción a {0} está cancelada. Puede usarla hasta el {1} y no se renovará. Hasta entonces puede anular la cancelación.",
        RefuseAsk = "¿Darse de baja de los correos sobre el consumo?",
        RefuseText = "Seguirá recibiendo los recibos y los correos sobre su plan.", RefuseButton = "Darse de baja",
        RefusedHeading = "Baja confirmada",
        RefusedText = "Ya no recibirá correos sobre el consumo. Seguirá recibiendo los recibos y los correos sobre su plan.",
        BadLinkHeading = "Este enlace no es válido", BadLinkText = "Abra el enlace completo del correo.",
    };
}
