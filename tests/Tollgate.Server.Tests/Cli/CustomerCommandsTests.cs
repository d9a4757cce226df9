using System.Text.Json;
using System.Text.RegularExpressions;
using Tollgate.Server.Tests.Customers;
using Tollgate.Server.Tests.Subscriptions;
using Tollgate.Testing;

namespace Tollgate.Server.Tests.Cli;

/// <summary><c>tollgate customers</c> and <c>subscriptions</c> against a running server.</summary>
[Collection(RunningServerTests.Commands)]
public sealed class CustomerCommandsTests(RunningServer running)
{
    [Fact]
    public async Task A_customer_is_created_subscribed_changed_and_canceled()
    {
        var sandbox = await BillingSandbox.StartAsync(running, "2027-04-01T00:00:00Z");
        (await SayAsync(sandbox, "customers create acme --name Acme --email a@acme.example --country DE")).ShouldContain("name Acme\n");
        (await SayAsync(sandbox, "customers list --search ac")).ShouldContain(
            "id name email plan member_of created_at\nacme Acme a@acme.example free - ");
        (await SayAsync(sandbox, "customers list --search zz")).ShouldContain("There are none.");
        (await SayAsync(sandbox, "customers show acme")).ShouldContain("country DE\n");

        (await SayAsync(sandbox, "subscriptions create acme pro --no-trial --id sub-1 --preview")).ShouldContain("\nInvoice:\n");
        (await SayAsync(sandbox, "subscriptions list")).ShouldContain("There are none.");
        (await SayAsync(sandbox, "subscriptions create acme pro --no-trial --id sub-1")).ShouldContain(
            "sub-1 acme pro monthly active 29.00 USD 1 2027-05-01T00:00:00Z - -");
        (await SayAsync(sandbox, "subscriptions list --status active --customer acme")).ShouldContain("sub-1 acme pro");
        (await SayAsync(sandbox, "subscriptions list --status paused")).ShouldContain("There are none.");
        (await SayAsync(sandbox, "subscriptions show sub-1")).ShouldContain("amount 29.00 USD\n");
        (await SayAsync(sandbox, "customers usage acme")).ShouldContain("calls 100 0 0 100 0 2027-05-01T00:00:00Z");

        (await SayAsync(sandbox, "subscriptions cancel sub-1 --reason too_expensive")).ShouldContain(
            "active 29.00 USD 1 2027-05-01T00:00:00Z 2027-05-01T00:00:00Z -");
        (await SayAsync(sandbox, "subscriptions uncancel sub-1")).ShouldContain("active 29.00 USD 1 2027-05-01T00:00:00Z - -");
        (await SayAsync(sandbox, "subscriptions pause sub-1")).ShouldContain(" paused ");
        (await SayAsync(sandbox, "subscriptions resume sub-1")).ShouldContain(" active ");
        (await SayAsync(sandbox, "subscriptions change sub-1 --plan enterprise --preview")).ShouldContain(
            " enterprise monthly active 299.00 USD ");
        var ended = JsonElement.Parse(await SayAsync(sandbox, "subscriptions cancel sub-1 --now --json"));
        ended.GetProperty("status").GetString().ShouldBe("canceled");
    }

    /// <summary>Returns the output of a successful command, without repeated spaces.</summary>
    private async Task<string> SayAsync(BillingSandbox sandbox, string line)
    {
        var (code, output) = await ServerProcess.RunAsync([.. line.Split(' '), "--data", running.Server.Data, "--project", sandbox.Code]);
        code.ShouldBe(0, output);
        return Regex.Replace(output, " +", " ");
    }
}
