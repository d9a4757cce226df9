using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Tollgate.Web.Layout;

/// <summary>Reads the small forms of the pages. Bad input never causes a server error.</summary>
public static class Forms
{
    /// <summary>The largest form in bytes. The largest of Tollgate's own has a few hundred.</summary>
    private const int LargestForm = 16 * 1024;

    private static readonly FormOptions Limits =
        new() { ValueCountLimit = 16, KeyLengthLimit = 64, ValueLengthLimit = 1024, BufferBodyLengthLimit = LargestForm };

    /// <returns>Empty: the body is not a form of Tollgate.</returns>
    public static async Task<IFormCollection> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength is null or > LargestForm
            || request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            return FormCollection.Empty;
        }

        try
        {
            // NotSupportedException: the Content-Type names UTF-7, which .NET refuses.
            return await new FormFeature(request, Limits).ReadFormAsync(context.RequestAborted);
        }
        catch (Exception broken) when (broken is InvalidDataException or BadHttpRequestException or NotSupportedException)
        {
            return FormCollection.Empty;
        }
    }
}
