using Tollgate.Engine.Postgres;
using Tollgate.Engine.Secrets;
using Tollgate.Testing;

namespace Tollgate.Engine.Tests.Secrets;

public sealed class MasterKeySourceTests
{
    private const string Key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    private const string Other = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";

    [Fact]
    public async Task A_variable_gives_one_key_or_several()
    {
        (await Variable(Key).LoadAsync(default)).Count.ShouldBe(1);
        (await Variable($"{Key}, {Other}").LoadAsync(default)).Select(static key => key.Id).Distinct().Count().ShouldBe(2);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("MDEyMzQ1Njc4OWFiY2RlZg==")]
    [InlineData(Key + ",nonsense")]
    public void A_variable_that_is_no_key_is_a_fault_that_does_not_repeat_it(string text)
    {
        List<string> faults = [];
        MasterKeySource.Read(name => name == MasterKeySource.KeyVariable ? text : null, "/nowhere", faults);

        faults.ShouldHaveSingleItem().ShouldContain(MasterKeySource.KeyVariable);
        faults[0].ShouldNotContain(text);
    }

    [Fact]
    public void A_variable_and_a_program_at_once_are_a_fault()
    {
        List<string> faults = [];
        MasterKeySource.Read(
            name => name.StartsWith(MasterKeySource.KeyVariable, StringComparison.Ordinal) ? Key : null, "/nowhere", faults);

        faults.ShouldHaveSingleItem().ShouldContain(MasterKeySource.CommandVariable);
    }

    [Fact]
    public async Task A_program_prints_the_key_and_its_failure_shows_nothing_that_it_printed()
    {
        (await Command($"echo {Key}").LoadAsync(default)).Single().Id.ShouldBe((await Variable(Key).LoadAsync(default)).Single().Id);

        var failed = await Should.ThrowAsync<StartRefusedException>(() => Command($"echo {Key}; echo {Other} >&2; exit 3")
            .LoadAsync(default));
        failed.Message.ShouldContain("exit code 3");
        var nonsense = await Should.ThrowAsync<StartRefusedException>(() => Command("echo hunter2").LoadAsync(default));
        (failed.Message + nonsense.Message).ShouldNotContain(Key);
        (failed.Message + nonsense.Message).ShouldNotContain(Other);
        nonsense.Message.ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_file_that_others_can_read_is_refused()
    {
        using var folder = TestFolder.Create();
        var source = new MasterKeySource(null, null, folder.Combine("master.key"));
        (await source.LoadAsync(default)).ShouldBeEmpty();
        await File.WriteAllTextAsync(source.File, "# a comment\n" + Key + "\n");
        File.SetUnixFileMode(source.File, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);

        (await Should.ThrowAsync<StartRefusedException>(() => source.LoadAsync(default))).Message.ShouldContain("chmod 600");
        File.SetUnixFileMode(source.File, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await source.LoadAsync(default)).ShouldHaveSingleItem();
    }

    private static MasterKeySource Variable(string text) => new(text, null, "/nowhere/master.key");

    private static MasterKeySource Command(string text) => new(null, text, "/nowhere/master.key");
}
