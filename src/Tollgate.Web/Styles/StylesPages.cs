using Microsoft.AspNetCore.Http;
using Tollgate.Web.Layout;

namespace Tollgate.Web.Styles;

/// <summary>The living style page, <c>/styles</c>: every token and control in both themes, with made-up content.</summary>
public static class StylesPages
{
    public static Task ShowAsync(HttpContext context) =>
        Pages.WriteAsync<StylesPage>(context, StatusCodes.Status200OK, new Dictionary<string, object?>());
}
