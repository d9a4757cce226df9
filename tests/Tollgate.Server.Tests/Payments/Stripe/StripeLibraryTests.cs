using System.Text;
using Tollgate.Core.Payments.Stripe;
using Tollgate.Core.Time;
using Tollgate.Server.Tests.Gateway;
using Tollgate.Testing.Stripe;

namespace Tollgate.Server.Tests.Payments.Stripe;

/// <summary>Stripe's own library (the <c>stripe</c> package of npm) as a signer and a verifier that is independent of ours.</summary>
public sealed class StripeLibraryTests
{
    private const string Secret = "whsec_library0123456789";
    private const string Body = """{"id":"evt_1","object":"event","type":"customer.updated","data":{"object":{"name":"Zoë – العربية"}}}""";

    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);

    [Fact]
    public async Task The_librarys_signatures_are_valid_for_Tollgate()
    {
        await NpmClients.InstallAsync();
        var header = await NpmClients.StripeSignsAsync(Secret, At.ToUnixTimeSeconds(), Body);
        StripeSignature.Judge(header, Encoding.UTF8.GetBytes(Body), [Secret], Instant.From(At)).ShouldBe(StripeSignatureVerdict.Good);
        StripeSignature.Judge(header, Encoding.UTF8.GetBytes(Body + " "), [Secret], Instant.From(At))
            .ShouldBe(StripeSignatureVerdict.Mismatch);
    }

    [Fact]
    public async Task The_signatures_of_the_double_and_of_Tollgate_are_valid_for_the_library()
    {
        await NpmClients.InstallAsync();
        var bytes = Encoding.UTF8.GetBytes(Body);
        foreach (var header in new[] { StripeHooks.Sign(bytes, Secret, At), StripeSignature.Sign(bytes, Secret, Instant.From(At)) })
        {
            (await NpmClients.StripeVerifiesAsync(Secret, header, Body, At)).ShouldBeTrue(header);
            (await NpmClients.StripeVerifiesAsync("whsec_other", header, Body, At)).ShouldBeFalse(header);
        }
    }
}
