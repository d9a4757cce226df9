using System.Net;
using System.Reflection;
using Tollgate.Server.Hosting;
using Tollgate.Server.Limits;

namespace Tollgate.Server.Tests.Hosting;

public sealed class ServerOptionsTests
{
    [Fact]
    public void Without_flags_and_environment_everything_has_its_default()
    {
        var options = Read([], []).ShouldNotBeNull();

        options.Port.ShouldBe(8080);
        options.Listen.ShouldBe(IPAddress.Loopback);
        options.Data.ShouldBe(Path.GetFullPath(".tollgate"));
        options.Database.ShouldBeNull();
        options.Url.ShouldBe("http://127.0.0.1:8080");
    }

    [Fact]
    public void Flags_win_over_the_environment()
    {
        var options = Read(
            new() { ["--port"] = "9001" },
            new() { ["TOLLGATE_PORT"] = "9002", ["TOLLGATE_DEMO"] = "1", ["TOLLGATE_DEFAULT_PROJECT"] = "alwrity",
                ["TOLLGATE_LISTEN"] = "0.0.0.0" }).ShouldNotBeNull();

        options.Port.ShouldBe(9001);
        options.Demo.ShouldBeTrue();
        options.DefaultProject.ShouldBe("alwrity");
        options.Url.ShouldBe("http://127.0.0.1:9001");
    }

    [Fact]
    public void All_faults_come_at_once_each_with_the_value_seen()
    {
        var options = ServerOptions.Read(
            flag => flag switch { "--port" => "http", "--database" => "postgres://ann:secret@", "--seed" => "-1", _ => null },
            variable =>
                variable switch { "TOLLGATE_POOL_SIZE" => "0", "TOLLGATE_MAX_BODY_BYTES" => "huge", "TOLLGATE_LISTEN" => "everywhere",
                    "TOLLGATE_UPSTREAM_NETWORKS" => "10.0.0.0/8,intranet", _ => null },
            out var faults);

        options.ShouldBeNull();
        faults.Count.ShouldBe(7);
        foreach (var seen in new[]
        {
            "\"http\"", "--database", "\"-1\"", "\"0\"", "\"huge\"", "\"everywhere\"", "\"10.0.0.0/8,intranet\"", "\"intranet\"",
        })
        {
            faults.ShouldContain(fault => fault.Contains(seen), seen);
        }

        string.Join('\n', faults).ShouldNotContain("secret");
    }

    [Fact]
    public void One_project_never_has_the_whole_pool()
    {
        Read([], []).ShouldNotBeNull().Share.Requests.ShouldBe(6);
        Read([], new() { ["TOLLGATE_POOL_SIZE"] = "4" }).ShouldNotBeNull().Share.Requests.ShouldBe(2, "its visitors have one beside them");
        ServerOptions.Read(static _ => null, static variable => variable == "TOLLGATE_PROJECT_REQUESTS" ? "20" : null, out var faults)
            .ShouldBeNull();
        faults.ShouldHaveSingleItem().ShouldContain("TOLLGATE_PROJECT_REQUESTS is 20 and TOLLGATE_POOL_SIZE is 20");
    }

    [Fact]
    public void Networks_of_upstreams_are_a_list() =>
        Read([],
            new() { ["TOLLGATE_UPSTREAM_NETWORKS"] = "10.0.0.0/8, ::1/128" })!.Gateway.Networks.Select(static network => network.ToString())
            .ShouldBe(["10.0.0.0/8", "::1/128"]);

    [Fact]
    public void Every_setting_has_a_default_inside_its_range_and_a_reason()
    {
        foreach (var setting in Settings.All)
        {
            setting.Default.ShouldBeInRange(setting.Smallest, setting.Largest, setting.Variable);
            setting.Reason.ShouldNotBeNullOrWhiteSpace(setting.Variable);
            setting.Unit.ShouldNotBeNullOrWhiteSpace(setting.Variable);
        }

        Settings.All.Select(setting => setting.Variable).ShouldBeUnique();
    }

    [Fact]
    public void The_list_of_settings_has_every_one() =>
        typeof(Settings).GetFields(BindingFlags.Public | BindingFlags.Static).Select(static field => (Setting)field.GetValue(null)!)
            .ShouldBe(Settings.All, ignoreOrder: true);

    private static ServerOptions? Read(Dictionary<string, string> flags, Dictionary<string, string> environment)
    {
        var options = ServerOptions.Read(flags.GetValueOrDefault, environment.GetValueOrDefault, out var faults);
        faults.ShouldBeEmpty();
        return options;
    }
}
