using System.Net;
using Tollgate.Core.Webhooks;

namespace Tollgate.Core.Tests.Webhooks;

public sealed class TargetRulesTests
{
    /// <summary>Each class of addresses, with its edges.</summary>
    [Theory]
    [InlineData("93.184.216.34", true, true)]
    [InlineData("8.8.8.8", true, true)]
    [InlineData("9.255.255.255", true, true)]
    [InlineData("10.0.0.0", false, true)]
    [InlineData("10.255.255.255", false, true)]
    [InlineData("11.0.0.0", true, true)]
    [InlineData("100.63.255.255", true, true)]
    [InlineData("100.64.0.1", false, true)]
    [InlineData("100.127.255.255", false, true)]
    [InlineData("100.128.0.0", true, true)]
    [InlineData("127.0.0.1", false, true)]
    [InlineData("127.255.255.254", false, true)]
    [InlineData("172.15.255.255", true, true)]
    [InlineData("172.16.0.1", false, true)]
    [InlineData("172.31.255.255", false, true)]
    [InlineData("172.32.0.0", true, true)]
    [InlineData("192.168.1.1", false, true)]
    [InlineData("192.169.0.0", true, true)]
    [InlineData("192.0.0.1", false, true)]
    [InlineData("192.0.2.1", false, true)]
    [InlineData("192.88.99.1", false, true)]
    [InlineData("198.18.0.1", false, true)]
    [InlineData("198.19.255.255", false, true)]
    [InlineData("198.51.100.7", false, true)]
    [InlineData("203.0.113.9", false, true)]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("0.1.2.3", false, false)]
    [InlineData("169.254.169.254", false, false)]
    [InlineData("169.254.0.1", false, false)]
    [InlineData("100.100.100.200", false, false)]
    [InlineData("168.63.129.16", false, false)]
    [InlineData("224.0.0.1", false, false)]
    [InlineData("240.0.0.1", false, false)]
    [InlineData("255.255.255.255", false, false)]
    [InlineData("2606:2800:220:1:248:1893:25c8:1946", true, true)]
    [InlineData("::1", false, true)]
    [InlineData("::", false, false)]
    [InlineData("fc00::1", false, true)]
    [InlineData("fdff:ffff::1", false, true)]
    [InlineData("fd00:ec2::254", false, false)]
    [InlineData("fe80::1", false, false)]
    [InlineData("fe80::1%3", false, false)]
    [InlineData("fec0::1", false, false)]
    [InlineData("ff02::1", false, false)]
    [InlineData("::ffff:127.0.0.1", false, true)]
    [InlineData("::ffff:10.0.0.1", false, true)]
    [InlineData("::ffff:169.254.169.254", false, false)]
    [InlineData("::ffff:8.8.8.8", true, true)]
    [InlineData("::7f00:1", false, true)]
    [InlineData("64:ff9b::7f00:1", false, true)]
    [InlineData("2001::1", false, true)]
    [InlineData("2001:db8::1", false, true)]
    [InlineData("2002:7f00:1::1", false, true)]
    [InlineData("3fff::1", false, true)]
    public void Only_the_public_internet_is_reached_unless_local_targets_are_allowed(string address, bool isPublic, bool isLocal)
    {
        TargetRules.IsAllowed(IPAddress.Parse(address), allowLocal: false).ShouldBe(isPublic);
        TargetRules.IsAllowed(IPAddress.Parse(address), allowLocal: true).ShouldBe(isLocal);
    }

    /// <summary>Where a gateway makes an IPv4 address of it, it is judged by that one too.</summary>
    [Theory]
    [InlineData("fd20:ce::254", false)]
    [InlineData("192.0.0.192", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("64:ff9b:1::a9fe:a9fe", false)]
    [InlineData("2002:a9fe:a9fe::", false)]
    [InlineData("::a9fe:a9fe", false)]
    [InlineData("::ffff:0:a9fe:a9fe", false)]
    [InlineData("::ffff:c000:c0", false)]
    [InlineData("64:ff9b::a83f:8110", false)]
    [InlineData("64:ff9b::808:808", true)]
    public void Where_a_cloud_keeps_credentials_is_reached_on_no_way(string address, bool isLocal)
    {
        TargetRules.IsAllowed(IPAddress.Parse(address), allowLocal: false).ShouldBeFalse();
        TargetRules.IsAllowed(IPAddress.Parse(address), allowLocal: true).ShouldBe(isLocal);
    }

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
        TargetRules.Validate("http://10.0.0.1/", ["nothing"], "", allowLocal: false).Select(static fault => fault.Field).ShouldBe(["url", "events", "description"]);
}
