using Tollgate.Core.Payments;
using Tollgate.Core.Payments.Sandbox;
using Tollgate.Engine.Billing;

namespace Tollgate.Web.Controls;

/// <summary>The name of a card in a form.</summary>
public static class CardValue
{
    public const string None = "none";

    private const string SavedPrefix = "saved:";
    private const string NewPrefix = "new:";

    public static string Of(PaymentMethod method) => SavedPrefix + method.Id.ToString("D");

    /// <summary>The name of a card that was tried and is not saved.</summary>
    public static string OfNew(PaymentMethod method) => NewPrefix + method.Token;

    public static string Of(SandboxCard card) => NewPrefix + card.Token;

    /// <returns>Null: no form of Tollgate sends this.</returns>
    public static PayWith? Read(string? text) => text switch
    {
        None => PayWith.Nothing,
        not null
            when text.StartsWith(SavedPrefix, StringComparison.Ordinal)
                && Guid.TryParseExact(text[SavedPrefix.Length..], "D", out var id) => new(id, null),
        not null when text.StartsWith(NewPrefix, StringComparison.Ordinal) && SandboxCards.Find(text[NewPrefix.Length..]) is { } card =>
            new(null, card),
        _ => null,
    };

    public static string MeaningOf(SandboxOutcome outcome) => outcome switch
    {
        SandboxOutcome.Success => "Succeeds",
        SandboxOutcome.Decline => "Declined",
        SandboxOutcome.InsufficientFunds => "Insufficient funds",
        SandboxOutcome.AuthenticationRequired => "Asks for 3-D Secure",
        SandboxOutcome.Timeout => "Succeeds, answer is lost",
        SandboxOutcome.LateSuccess => "Succeeds some seconds later",
        _ => "",
    };
}
