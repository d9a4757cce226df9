using Tollgate.Core.Webhooks;

namespace Tollgate.Core.Tests.Webhooks;

public sealed class TargetRulesTests
{
    [Theory]
    [InlineData("https://app.example.com/hooks?x=1", true, true)]
    [InlineData("https://app.example.com:8443/", true, true)]
    [InlineData("https://93.184.216.34/", true, true)]
    [InlineData("http://app.example.com/", false, true)]
    [InlineData("http://127.0.0.1:9000/", false, true)]
    [InlineData("https://127.0.0.1/", false, true)]
    [InlineData("https://127.1/", false, true)]
    [InlineData("https://2130706433/", false, true)]
    [InlineData("https://0x7f.0.0.1/", false, true)]
    [InlineData("https://0177.0.0.1/", false, true)]
    [InlineData("https://[::1]/", false, true)]
    [InlineData("https://[::ffff:10.0.0.1]/", false, true)]
    [InlineData("https://localhost/", false, true)]
    [InlineData("https://LOCALHOST./", false, true)]
    [InlineData("https://a.localhost/", false, true)]
    [InlineData("https://printer.local/", false, true)]
    [InlineData("https://metadata.google.internal/", false, true)]
    [InlineData("https://169.254.169.254/latest/meta-data", false, false)]
    [InlineData("https://[fe80::1]/", false, false)]
    [InlineData("https://user:pw@app.example.com/", false, false)]
    [InlineData("https://app.example.com/#part", false, false)]
    [InlineData("ftp://app.example.com/", false, false)]
    [InlineData("file:///etc/passwd", false, false)]
    [InlineData("gopher://app.example.com/", false, false)]
    [InlineData("/hooks", false, false)]
    [InlineData("", false, false)]
    [InlineData("https://", false, false)]
    [InlineData("https://93.184.216.34:0/", false, false)]
    [InlineData("https://app.example.com:0/", false, false)]
    [InlineData("http://[64:ff9b::a9fe:a9fe]/", false, false)]
    public void An_address_is_judged_by_what_it_means(string url, bool isPublic, bool isLocal)
    {
        (TargetRules.Validate(url, null, null, allowLocal: false).Count == 0).ShouldBe(isPublic);
        (TargetRules.Validate(url, null, null, allowLocal: true).Count == 0).ShouldBe(isLocal);
    }

    [Theory]
    [InlineData(true, "*")]
    [InlineData(true, "invoice.paid", "quota.threshold_reached")]
    [InlineData(true, "subscription.*")]
    [InlineData(false)]
    [InlineData(false, "invoice.payed")]
    [InlineData(false, "unknown.*")]
    [InlineData(false, ".*")]
    [InlineData(false, "invoice*")]
    [InlineData(false, "")]
    public void Only_types_that_exist_can_be_asked_for(bool isGood, params string[] events) =>
        (TargetRules.Validate(null, events, null, allowLocal: false).Count == 0).ShouldBe(isGood);

    [Fact]
    public void All_faults_come_at_once() =>
        TargetRules.Validate("http://10.0.0.1/", ["nothing"], "", allowLocal: false).Select(static fault => fault.Field)
            .ShouldBe(["url", "events", "description"]);
}
