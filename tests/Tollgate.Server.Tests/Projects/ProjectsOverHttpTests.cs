using Tollgate.Server.Tests.Http;

namespace Tollgate.Server.Tests.Projects;

[Collection(FrontDoorTests.Name)]
public sealed class ProjectsOverHttpTests(RunningServer server)
{
    [Fact]
    public async Task A_project_is_made_with_a_built_in_catalogue_and_works_at_once()
    {
        var created = (await server.SendAsync("POST", "/v1/projects", server.Admin, """
            {"code": "copy-of-ats", "name": "Copy", "mode": "sandbox", "catalog": "resume-ats", "time_zone": "Europe/Berlin", "currency": "EUR"}
            """)).ShouldBe(201).Json;
        var secret = created.GetProperty("secret_key").GetString();
        var shown = (await server.SendAsync("GET", "/v1/projects/copy-of-ats", secret)).ShouldBe(200).Json;
        shown.GetProperty("mode").GetString().ShouldBe("sandbox");
        shown.GetProperty("time_zone").GetString().ShouldBe("Europe/Berlin");
        shown.GetProperty("currency").GetString().ShouldBe("EUR");
        shown.GetProperty("catalog_revision").GetInt32().ShouldBe(1);
        (await server.SendAsync("GET", "/v1/plans", created.GetProperty("public_key").GetString())).ShouldBe(200)
            .Json.GetProperty("data").GetArrayLength().ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_project_takes_a_catalogue_as_text_and_reports_all_of_its_faults()
    {
        (await server.SendAsync("POST", "/v1/projects", server.Admin, """
            {"code": "own-text", "name": "Own", "mode": "live", "catalog": "code: own\nname: Own\ndefault_plan: free\nplans:\n- code: free\n  name: Free\n"}
            """)).ShouldBe(201);
        var reply = (await server.SendAsync("POST", "/v1/projects", server.Admin, """
            {"code": "own-faulty", "name": "Own", "mode": "live", "catalog": "code: own\nname: Own\ndefault_plan: nope\nnonsense: 1\n"}
            """)).ShouldBeProblem(422, "catalog_invalid");
        reply.Json.GetProperty("errors").GetArrayLength().ShouldBeGreaterThan(1);
        (await server.SendAsync("POST", "/v1/projects", server.Admin, """
            {"code": "own-unknown", "name": "Own", "mode": "live", "catalog": "no-such"}
            """)).ShouldBeProblem(422, "validation_failed");
    }

    [Fact]
    public async Task All_faults_of_a_project_come_at_once()
    {
        var reply = (await server.SendAsync("POST", "/v1/projects", server.Admin, """
            {"code": "Not A Code", "mode": "test", "time_zone": "Mars/Olympus", "currency": "euro"}
            """)).ShouldBeProblem(422, "validation_failed");
        reply.Faults.Keys.Order().ShouldBe(["code", "currency", "mode", "name", "time_zone"]);
    }

    [Fact]
    public async Task A_code_is_taken_once()
    {
        const string body = """{"code": "taken", "name": "Taken", "mode": "live"}""";
        (await server.SendAsync("POST", "/v1/projects", server.Admin, body)).ShouldBe(201);
        (await server.SendAsync("POST", "/v1/projects", server.Admin, body)).ShouldBeProblem(409, "project_exists");
    }

    [Fact]
    public async Task Only_the_admin_key_makes_and_lists_projects()
    {
        (await server.SendAsync("POST", "/v1/projects", server.Secret("trendit"), """{"code": "x", "name": "X", "mode": "live"}"""))
            .ShouldBeProblem(403, "key_not_allowed");
        (await server.SendAsync("GET", "/v1/projects", server.Secret("trendit"))).ShouldBeProblem(403, "key_not_allowed");
        (await server.SendAsync("GET", "/v1/projects/trendit", server.Secret("trendit"))).ShouldBe(200);
        (await server.SendAsync("GET", "/v1/projects/resume-ats", server.Secret("trendit"))).ShouldBeProblem(404, "project_not_found");
    }

    [Fact]
    public async Task Projects_are_paged_in_the_order_of_their_creation()
    {
        var all = (await server.SendAsync("GET", "/v1/projects?limit=100", server.Admin)).ShouldBe(200).Json.GetProperty("data");
        var codes = all.EnumerateArray().Select(project => project.GetProperty("code").GetString()!).ToList();
        codes.ShouldContain("career-coach");
        var page = (await server.SendAsync("GET", $"/v1/projects?limit=2&starting_after={codes[1]}", server.Admin)).ShouldBe(200).Json;
        page.GetProperty("data").EnumerateArray().Select(project => project.GetProperty("code").GetString())
            .ShouldBe(codes.Skip(2).Take(2));
        page.GetProperty("has_more").GetBoolean().ShouldBe(codes.Count > 4);
    }
}
