using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Tollgate.Server.Tests.Invoicing;

/// <summary>
/// Reads PDF files with programs that are independent of the writer. <c>./tollgate test</c> installs them. If they complain about a file,
/// the test fails.
/// </summary>
internal static partial class Poppler
{
    /// <summary>The text of all pages as it is laid out, every run of blanks as one space.</summary>
    public static async Task<string> TextAsync(byte[] pdf)
    {
        var text = await RunAsync(pdf, "pdftotext", "-layout", "-enc", "UTF-8", "{file}", "-");
        return Blanks().Replace(text, " ");
    }

    public static async Task<string[]> PagesAsync(byte[] pdf) => (await TextAsync(pdf)).Split('\f', StringSplitOptions.RemoveEmptyEntries);

    public static async Task<int> PicturesAsync(byte[] pdf)
    {
        var list = await RunAsync(pdf, "pdfimages", "-list", "{file}");
        return Picture().Count(list);
    }

    /// <summary>Draws every page, only to check that it works.</summary>
    public static Task DrawAsync(byte[] pdf) => RunAsync(pdf, "pdftoppm", "-r", "40", "-png", "{file}");

    public static Task<string> FontsAsync(byte[] pdf) => RunAsync(pdf, "pdffonts", "{file}");

    public static Task<string> InfoAsync(byte[] pdf) => RunAsync(pdf, "pdfinfo", "{file}");

    private static async Task<string> RunAsync(byte[] pdf, string program, params string[] arguments)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, pdf);
            var start = new ProcessStartInfo(program)
            {
                RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8,
            };
            foreach (var argument in arguments)
            {
                start.ArgumentList.Add(argument == "{file}" ? file : argument);
            }

            using var process = Start(start);
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            (process.ExitCode, await error).ShouldBe((0, ""), program);
            return await output;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new InvalidOperationException(
                $"{start.FileName} is missing. Install poppler's tools (Debian, Ubuntu: apt-get install poppler-utils).", missing);
        }
    }

    /// <summary>A page, a number and the kind: masks are listed as <c>smask</c>.</summary>
    [GeneratedRegex(@"^\s*\d+\s+\d+\s+image\s", RegexOptions.Multiline)]
    private static partial Regex Picture();

    [GeneratedRegex(@"[^\S\n\f]+")]
    private static partial Regex Blanks();
}
