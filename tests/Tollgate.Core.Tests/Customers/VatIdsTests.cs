using Tollgate.Core.Customers;

namespace Tollgate.Core.Tests.Customers;

/// <summary>Ids as companies print them, and the same ids with a wrong digit, a missing one, or another country.</summary>
public sealed class VatIdsTests
{
    [Theory]
    [InlineData("AT", "ATU13585627", "ATU13585626", "AT13585627", "ATU1358562")]
    [InlineData("BE", "BE0428759497", "BE0428759496", "BE2428759497", "BE428759498")]
    [InlineData("BG", "BG175074752", "BG175074751", "BG17507475", "BG1750747522")]
    [InlineData("CH", "CHE107787577", "CHE107787578", "107787577", "CHE10778757")]
    [InlineData("CY", "CY10259033P", "CY10259033Z", "CY12259033P", "CY1025903P")]
    [InlineData("CZ", "CZ25123891", "CZ25123890", "CZ95123891", "CZ2512389")]
    [InlineData("DE", "DE136695976", "DE136695978", "DE036695976", "DE13669597")]
    [InlineData("DK", "DK13585628", "DK13585627", "DK03585628", "DK1358562")]
    [InlineData("EE", "EE100594102", "EE100594103", "EE10059410", "EE1005941022")]
    [InlineData("GR", "EL094259216", "EL094259215", "GR094259216", "EL09425921")]
    [InlineData("ES", "ESB64717838", "ESB64717839", "ESO64717838", "ESB6471783")]
    [InlineData("FI", "FI20774740", "FI20774741", "FI2077474", "FI207747400")]
    [InlineData("FR", "FR40303265045", "FR41303265045", "FR40303265044", "FRI0303265045")]
    [InlineData("GB", "GB980780684", "GB802311781", "GB98078068", "GBGD500")]
    [InlineData("HR", "HR33392005961", "HR33392005962", "HR3339200596", "HR333920059611")]
    [InlineData("HU", "HU12892312", "HU12892313", "HU1289231", "HU128923122")]
    [InlineData("IE", "IE6433435F", "IE6433435E", "IE643343F", "IE6433435FX")]
    [InlineData("IT", "IT00743110157", "IT00743110158", "IT0074311015", "IT00000000000")]
    [InlineData("LT", "LT119511515", "LT119511516", "LT119511525", "LT11951151")]
    [InlineData("LU", "LU15027442", "LU15027443", "LU1502744", "LU150274422")]
    [InlineData("LV", "LV40003521600", "LV40003521601", "LV4000352160", "LV400035216000")]
    [InlineData("MT", "MT11679112", "MT11679113", "MT01679112", "MT1167911")]
    [InlineData("NL", "NL004495445B01", "NL004495446B01", "NL004495445A01", "NL004495445B1")]
    [InlineData("NO", "NO995525828", "NO995525829", "NO99552582", "NO995525828X")]
    [InlineData("PL", "PL8567346215", "PL8567346216", "PL856734621", "PL85673462155")]
    [InlineData("PT", "PT501964843", "PT501964842", "PT001964843", "PT50196484")]
    [InlineData("RO", "RO18547290", "RO18547291", "RO08547290", "RO1")]
    [InlineData("SE", "SE123456789701", "SE123456789101", "SE123456789702", "SE1234567897")]
    [InlineData("SI", "SI50223054", "SI50223055", "SI05022305", "SI5022305")]
    [InlineData("SK", "SK2022749619", "SK2022749618", "SK0022749619", "SK2012749619")]
    public void Form_and_check_digits_are_those_of_the_country(string country, string good, params string[] bad)
    {
        VatIds.IsValid(country, good).ShouldBeTrue(good);
        bad.Where(id => VatIds.IsValid(country, id)).ShouldBeEmpty();
        VatIds.FormOf(country).ShouldNotBeNull();
        VatIds.Countries.Where(other => other != country && VatIds.IsValid(other, good))
            .ShouldBeSubsetOf(country is "FR" ? ["MC"] : country is "GB" ? ["IM", "XI"] : country is "GR" ? ["EL"] : []);
    }

    [Theory]
    [InlineData("BG", "BG7523169263", "BG8032056031", "BG7111042925")]
    [InlineData("CH", "CHE-107.787.577 MWST", "CHE-107.787.577 IVA", "che107787577tva")]
    [InlineData("CZ", "CZ640903926", "CZ7103192745")]
    [InlineData("DE", "136695976", "DE 136 695 976", "de136695976", "DE115235681", "DE811128135")]
    [InlineData("EL", "EL094259216", "EL 094259216")]
    [InlineData("ES", "ES54362315K", "ESX2482300W", "ESJ99216582", "ESB58378431")]
    [InlineData("FR", "FR83404833048", "FRK7399859412", "FR23334175221", "FR 40 303 265 045")]
    [InlineData("GB", "XI980780684", "GB100190874", "GB980780684001", "GBGD001", "GBHA599")]
    [InlineData("IE", "IE8D79739I", "IE6433435OA", "IE9825613N")]
    [InlineData("IM", "GB980780684")]
    [InlineData("LT", "LT100001919017")]
    [InlineData("LV", "LV16117519997")]
    [InlineData("MC", "FR40303265045")]
    [InlineData("NL", "NL123456789B13")]
    [InlineData("NO", "NO995525828MVA", "NO 995 525 828 MVA", "995525828")]
    [InlineData("RO", "RO14186770", "ro 185 472 90")]
    [InlineData("XI", "XI980780684")]
    public void Their_other_forms_are_known_too(string country, params string[] ids) =>
        ids.Where(id => !VatIds.IsValid(country, id)).ShouldBeEmpty();

    [Fact]
    public void The_example_of_every_form_is_valid_and_all_members_of_the_union_have_one()
    {
        VatIds.Countries.Where(static country =>
            !VatIds.IsValid(country, VatIds.FormOf(country)!.Split(' ', 2)[^1].Split("for instance ")[1])).ShouldBeEmpty();
        "AT BE BG CY CZ DE DK EE EL GR ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI GB CH NO".Split(' ')
            .ShouldBeSubsetOf(VatIds.Countries);
        (VatIds.IsValid("US", "12-3456789"), VatIds.IsValid(null, "DE136695976"), VatIds.IsValid("DE", null), VatIds.IsValid("DE", "x"),
            VatIds.FormOf("US")).ShouldBe((false, false, false, false, null));
    }

    [Theory]
    [InlineData("DE", "DE136695976", "DE136695976")]
    [InlineData("DE", "136 695 976", "DE136695976")]
    [InlineData("GR", "EL 094.259.216", "EL094259216")]
    [InlineData("BE", "BE428759497", "BE0428759497")]
    [InlineData("MC", "FR40303265045", "FR40303265045")]
    [InlineData("XI", "XI980780684", "XI980780684")]
    [InlineData("XI", "980780684", "XI980780684")]
    [InlineData("GB", "GB980780684", null)]
    [InlineData("CH", "CHE-107.787.577 MWST", null)]
    [InlineData("NO", "NO995525828MVA", null)]
    [InlineData("DE", "DE136695977", null)]
    [InlineData("US", "12-3456789", null)]
    [InlineData(null, null, null)]
    public void VIES_is_asked_for_valid_ids_of_its_countries(string? country, string? id, string? asked) =>
        VatIds.InVies(country, id)?.ToString().ShouldBe(asked);

    [Theory]
    [InlineData("DE111111125", VatAnswer.Invalid)]
    [InlineData("DE222222220", VatAnswer.Unavailable)]
    [InlineData("DE136695976", VatAnswer.Valid)]
    public void The_sandbox_answers_by_the_digits_of_an_id(string id, VatAnswer answer) =>
        VatCheckRules.InSandbox(VatIds.InVies("DE", id)!, Core.Time.Instant.Epoch).Answer.ShouldBe(answer);
}
