using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Tollgate.Core.Llm;
using Tollgate.Engine.Secrets;

namespace Tollgate.Engine.Tests.Secrets;

public sealed class SecretBoxTests
{
    private static readonly SecretPlace Place = SecretPlace.Upstream(7, "openai");

    [Theory]
    [InlineData("")]
    [InlineData("sk_live_1")]
    [InlineData("مفتاح 'اقتباس'")]
    public void A_secret_decrypts_only_in_its_place_and_its_ciphertexts_differ(string text)
    {
        var box = Box(MasterKey.Make());
        var (closed, again, asText) =
            (box.Close(Encoding.UTF8.GetBytes(text), Place), box.Close(Encoding.UTF8.GetBytes(text), Place), box.CloseText(text, Place));

        Encoding.UTF8.GetString(box.Open(closed, Place).ShouldNotBeNull()).ShouldBe(text);
        box.OpenText(asText, Place).ShouldBe(text);
        again.ShouldNotBe(closed);
        foreach (var elsewhere in (SecretPlace[])[
            SecretPlace.Upstream(8, "openai"), SecretPlace.Upstream(7, "anthropic"), SecretPlace.ProviderKeys(7, "openai")])
        {
            box.Open(closed, elsewhere).ShouldBeNull();
            box.OpenText(asText, elsewhere).ShouldBeNull();
        }
    }

    [Fact]
    public void Another_key_and_a_changed_byte_open_nothing()
    {
        var (box, other) = (Box(MasterKey.Make()), Box(MasterKey.Make()));
        var closed = box.Close("secret"u8, Place);

        other.Open(closed, Place).ShouldBeNull();
        other.OpenText(box.CloseText("secret", Place), Place).ShouldBeNull();
        for (var at = 0; at < closed.Length; at++)
        {
            var changed = closed.ToArray();
            changed[at] ^= 1;
            box.Open(changed, Place).ShouldBeNull($"byte {at}");
        }

        foreach (var junk in (string[])[
            "", "s1.", "pm_sandbox_visa", "pm_sandbox_visa_that_is_longer_than_a_prefix", "s1.0000000000000000.",
            "s1." + new string('x', 60)])
        {
            box.OpenText(junk, Place).ShouldBeNull(junk);
        }
    }

    private static SecretBox Box(MasterKey key) => new(MasterKeyRing.OfOne(key), NullLogger.Instance);
}
