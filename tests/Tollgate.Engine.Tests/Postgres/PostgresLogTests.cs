using Tollgate.Engine.Postgres;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Postgres;

public sealed class PostgresLogTests
{
    [Fact]
    public void It_keeps_two_files_and_never_more_than_twice_its_limit()
    {
        using var folder = TestFolder.Create();
        using (var log = new PostgresLog(folder.Combine("postgres.log"), limitBytes: 1000))
        {
            for (var i = 0; i < 500; i++)
            {
                log.Write($"line {i} {new string('x', 50)}");
            }

            log.LastLines.ShouldEndWith("line 499 " + new string('x', 50));
        }

        var files = Directory.GetFiles(folder.Path).Order().ToArray();
        files.Select(Path.GetFileName).ShouldBe(["postgres.log", "postgres.log.1"]);
        files.Sum(file => new FileInfo(file).Length).ShouldBeLessThan(2200);
        File.ReadLines(files[0]).Last().ShouldStartWith("line 499");
    }
}
