using Tollgate.Contracts.Branding;
using Tollgate.Contracts.Http;
using Tollgate.Core;
using Tollgate.Core.Branding;
using Tollgate.Engine.Branding;
using Tollgate.Engine.Projects;
using Tollgate.Server.Http;
using Tollgate.Web.Layout;

namespace Tollgate.Server.Branding;

/// <summary><c>/v1/branding</c>: the look of a project's pages.</summary>
internal static class BrandingEndpoints
{
    private const string Tag = "Branding";

    private const string Settings =
        """
        {"name": "Acme", "accent": "#7c3aed", "radius": 10, "logo": null,
         "logo_url": "/assets/logo/acme.5f3a9c0d1e2b4a68.png",
         "shades": {"light": {"button": "#7c3aed", "button_text": "#ffffff", "button_contrast": 5.69, "text": "#7c3aed", "text_contrast": 4.97},
                    "dark": {"button": "#7c3aed", "button_text": "#ffffff", "button_contrast": 5.69, "text": "#a273f2", "text_contrast": 4.51}}}
        """;

    private static readonly Description Show = new(
        Tag, "Show the branding",
        "Returns the name, logo, accent and radius of the project's pages, and the shades that the pages derive from the accent.")
    {
        Answers = [Example.Of<BrandingBody>(200, "The branding.", Settings)],
    };

    private static readonly Description Set = new(
        Tag, "Set the branding",
        "Replaces the branding of all pages for customers. A field that you leave out gets its default, except the logo, which stays until "
            + "you replace it or set it to an empty text. Any accent is possible: pages use shades of it that everybody can read.")
    {
        Request = Example.Of<BrandingBody>("""{"name": "Acme", "accent": "#7c3aed", "radius": 10}"""),
        Answers = [Example.Of<BrandingBody>(200, "The branding.", Settings)],
        Errors = [ErrorCode.ValidationFailed],
    };

    public static void MapBranding(this WebApplication app)
    {
        var set = app.Services.GetRequiredService<SetBranding>();
        app.MapGet("/v1/branding", (RequestDelegate)(context => AnswerAsync(context, context.Project().Brand)))
            .RequireKey(Access.Secret, Scope.CatalogRead)
            .Describe(Show);
        app.MapPut("/v1/branding", (RequestDelegate)(context => SetAsync(context, set)))
            .RequireKey(Access.Secret, Scope.CatalogWrite)
            .Describe(Set);
    }

    private static async Task SetAsync(HttpContext context, SetBranding set)
    {
        if (await Body.ReadAsync(context, WireJson.Default.BrandingBody) is not { } body)
        {
            return;
        }

        var faults = new Faults();
        var accent = Check(body, faults);
        var logo = LogoOf(body.Logo, faults);
        if (faults.Any)
        {
            await faults.WriteAsync(context);
            return;
        }

        var wanted = new Brand(body.Name, accent, body.Radius ?? Brand.DefaultRadius, null);
        await AnswerAsync(
            context, await set.RunAsync(context.Project(), wanted, body.Logo is not null, logo, context.RequestAborted));
    }

    /// <summary>Checks all fields except the logo, and returns the accent.</summary>
    private static Colour? Check(BrandingBody body, Faults faults)
    {
        if (body.Name is not null && string.IsNullOrWhiteSpace(body.Name))
        {
            faults.Add("name", FaultCode.InvalidFormat, "The name is empty. Leave it out to show the project's name.");
        }

        faults.Text(body.Name, "name", Brand.LongestName);
        faults.Range(body.Radius, "radius", 0, Brand.LargestRadius);
        if (body.LogoUrl is not null)
        {
            faults.Add("logo_url", FaultCode.InvalidValue, "The server sets this field. Send the picture in 'logo', in base64.");
        }

        if (body.Shades is not null)
        {
            faults.Add("shades", FaultCode.InvalidValue, "Tollgate derives the shades from 'accent'.");
        }

        if (Colour.TryRead(body.Accent, out var accent))
        {
            return accent;
        }

        if (body.Accent is not null)
        {
            faults.Add(
                "accent", FaultCode.InvalidFormat,
                $"'{Spelling.Shown(body.Accent)}' is not a colour: # and six hex digits are expected, such as #0b5cad.");
        }

        return null;
    }

    private static byte[]? LogoOf(string? base64, Faults faults)
    {
        if (string.IsNullOrEmpty(base64))
        {
            return null;
        }

        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length) || length > BrandLogo.LargestLogo)
        {
            faults.Add("logo", FaultCode.InvalidFormat, $"A picture in base64 of at most {BrandLogo.LargestLogo} bytes is expected.");
            return null;
        }

        if (BrandLogo.ExtensionOf(bytes.AsSpan(0, length)) is null)
        {
            faults.Add("logo", FaultCode.InvalidFormat, "A PNG or a JPEG is expected.");
            return null;
        }

        return bytes[..length];
    }

    private static Task AnswerAsync(HttpContext context, Brand brand)
    {
        var shades = AccentRules.Of(brand.Accent ?? AccentRules.Default);
        return Answer.Json(
            context, StatusCodes.Status200OK,
            new()
            {
                Name = brand.Name ?? context.Project().Name, Accent = (brand.Accent ?? AccentRules.Default).ToString(),
                Radius = brand.Radius, LogoUrl = BrandAssets.LogoPath(context.Project(), brand),
                Shades = new(View(shades.Light, AccentRules.LightGround), View(shades.Dark, AccentRules.DarkGround)),
            },
            WireJson.Default.BrandingBody);
    }

    private static AccentShadeView View(AccentShade shade, Colour ground) => new(
        shade.Button.ToString(), shade.ButtonText.ToString(), Ratio(shade.Button.ContrastWith(shade.ButtonText)), shade.Text.ToString(),
        Ratio(Math.Min(shade.Text.ContrastWith(ground), shade.Text.ContrastWith(shade.Tint))));

    private static decimal Ratio(int hundredths) => hundredths / 100m;
}
