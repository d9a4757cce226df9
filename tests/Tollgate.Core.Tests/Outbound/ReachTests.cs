using System.Net;
using Tollgate.Core.Outbound;

namespace Tollgate.Core.Tests.Outbound;

public sealed class ReachTests
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
        Reach.Public.Allows(IPAddress.Parse(address)).ShouldBe(isPublic);
        Reach.Local.Allows(IPAddress.Parse(address)).ShouldBe(isLocal);
    }

    /// <summary>If a gateway translates it to an IPv4 address, that address is judged too.</summary>
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
    public void Metadata_services_of_clouds_are_never_reached(string address, bool isLocal)
    {
        Reach.Public.Allows(IPAddress.Parse(address)).ShouldBeFalse();
        Reach.Local.Allows(IPAddress.Parse(address)).ShouldBe(isLocal);
    }

    [Theory]
    [InlineData("10.20.0.5", true)]
    [InlineData("::ffff:10.20.0.5", true)]
    [InlineData("10.21.0.5", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("fd12::9", true)]
    [InlineData("fd13::9", false)]
    [InlineData("8.8.8.8", true)]
    [InlineData("100.100.100.200", false)]
    [InlineData("100.64.1.1", true)]
    [InlineData("64:ff9b::a14:5", false)]
    public void Listed_networks_are_reached_beside_the_public_internet(string address, bool isAllowed) =>
        Reach.PublicAnd(Reach.ReadNetworks("10.20.0.0/16, fd12::/48,100.64.0.0/10", out _)).Allows(IPAddress.Parse(address))
            .ShouldBe(isAllowed);

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("127.0.0.0/8,::1/128", null)]
    [InlineData("0.0.0.0/0", null)]
    [InlineData("10.0.0.7", "10.0.0.7")]
    [InlineData("10.0.0.7/8", "write 10.0.0.0/8")]
    [InlineData("10.0.0.0/33", "10.0.0.0/33")]
    [InlineData("10.0.0.0/8, intranet", "intranet")]
    [InlineData("::ffff:10.0.0.0/104", "as IPv4")]
    [InlineData("169.254.0.0/16", "never")]
    [InlineData("168.63.129.16/32", "never")]
    [InlineData("ff02::/16", "never")]
    public void A_list_of_networks_is_read_or_its_fault_is_named(string? text, string? fault)
    {
        Reach.ReadNetworks(text, out var found);
        (found is null).ShouldBe(fault is null, found);
        (found ?? "").ShouldContain(fault ?? "");
    }

    [Fact]
    public void A_list_has_an_end() =>
        Reach.ReadNetworks(string.Join(',', Enumerable.Repeat("10.0.0.0/8", 65)), out var fault).Count.ShouldBe(0, fault);

    [Theory]
    [InlineData("http://x", true)]
    [InlineData("https://xn--bcher-kva.example:8443/a", true)]
    [InlineData("https://b\u00fccher.example", true)]
    [InlineData("http://xn--", false)]
    [InlineData("http://xn--/", false)]
    [InlineData("http://x:99999", false)]
    [InlineData("ftp://x", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void An_address_is_read_with_all_of_its_parts(string? text, bool isOne)
    {
        WebAddress.TryRead(text, out var address).ShouldBe(isOne);
        (address is not null).ShouldBe(isOne);
    }

    [Theory]
    [InlineData("metadata.google.internal", true)]
    [InlineData("METADATA.", true)]
    [InlineData("metadata.example.com", false)]
    public void Names_of_metadata_services_are_known(string host, bool isOne) => Reach.IsMetadataName(host).ShouldBe(isOne);
}
