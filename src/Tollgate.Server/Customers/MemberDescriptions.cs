using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>What the OpenAPI document says about <see cref="MembersEndpoints"/>.</summary>
internal static class MemberDescriptions
{
    private const string Tag = "Members";

    private const string Grace =
        """
        {"id": "u_77", "customer": "acme", "name": "Grace Hopper", "email": "grace@example.com", "role": "editor",
         "added_at": "2026-11-21T08:00:00Z"}
        """;

    private static readonly IReadOnlyDictionary<string, string> OfCustomer = new Dictionary<string, string>
    {
        ["id"] = "Your own id of the customer, percent-encoded.",
    };

    private static readonly IReadOnlyDictionary<string, string> OfMember = new Dictionary<string, string>
    {
        ["id"] = "Your own id of the customer, percent-encoded.",
        ["member"] = "Your own id of the user, percent-encoded.",
    };

    public static readonly Description Add = new(
        Tag,
        "Add a member",
        "From now on the user's id works wherever a customer's id is taken at the gate, and uses the customer's plan and balances: all members "
        + "together never get more than the customer has. Events say who it was (`member`). Customer and user are created when they are missing; "
        + "what the user had of its own waits until it leaves.\n\n"
        + "A plan that is priced by seats has room for as many members as its subscription has seats. A repeat with the same content answers 200.")
    {
        Path = OfCustomer,
        Request = Example.Of<AddMemberRequest>("""{"id": "u_77", "name": "Grace Hopper", "email": "grace@example.com", "role": "editor"}"""),
        Answers = [Example.Of<MemberView>(201, "Added.", Grace), Example.Of<MemberView>(200, "It was a member, with this content.", Grace)],
        Errors =
        [
            ErrorCode.MemberExists, ErrorCode.MemberElsewhere, ErrorCode.MemberNested, ErrorCode.SubscriptionExists, ErrorCode.NoSeatLeft,
            ErrorCode.ValidationFailed,
        ],
    };

    public static readonly Description List = new(Tag, "List members", "In byte order of the id, which stays the same while members come and go.")
    {
        Path = OfCustomer,
        Query = [.. QueryParameter.OfPage],
        Answers = [Example.Of<MemberList>(200, "A page.", $$"""{"data": [{{Grace}}], "has_more": false}""")],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a member", "What is known about it. `GET /v1/events?member=` lists what it did.")
    {
        Path = OfMember,
        Answers = [Example.Of<MemberView>(200, "The member.", Grace)],
        Errors = [ErrorCode.MemberNotFound],
    };

    public static readonly Description Update = new(Tag, "Change a member", "What is left out stays; null clears.")
    {
        Path = OfMember,
        Request = Example.Of<UpdateMemberRequest>("""{"role": "admin"}"""),
        Answers = [Example.Of<MemberView>(200, "The member as it is now.", Grace)],
        Errors = [ErrorCode.MemberNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description Remove = new(
        Tag,
        "Remove a member",
        "From now on the user is a customer of its own, with what it had before. What it used stays used by the customer; a reservation that is "
        + "open stays the customer's and can be settled.")
    {
        Path = OfMember,
        Answers = [Example.Nothing("Removed.")],
        Errors = [ErrorCode.MemberNotFound],
    };
}
