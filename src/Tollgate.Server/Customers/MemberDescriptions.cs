using Tollgate.Contracts.Customers;
using Tollgate.Contracts.Http;
using Tollgate.Server.Http;

namespace Tollgate.Server.Customers;

/// <summary>The OpenAPI descriptions of <see cref="MembersEndpoints"/>.</summary>
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
        "From now on, every metering call that takes a customer's id also takes the user's id, and uses the customer's plan and balances: "
            + "all members together never get more than the customer's quota. Events name the member (`member`). Tollgate creates a missing customer or user; "
        + "the user's own plan and grants wait until it leaves.\n\n"
        + "If the plan is priced by seats, the customer has at most as many members as its subscription has seats. "
        + "A repeat with the same content answers 200.")
    {
        Path = OfCustomer,
        Request = Example.Of<AddMemberRequest>(
            """{"id": "u_77", "name": "Grace Hopper", "email": "grace@example.com", "role": "editor"}"""),
        Answers = [
            Example.Of<MemberView>(201, "Added.", Grace),
            Example.Of<MemberView>(200, "The user was already a member, with this content.", Grace)],
        Errors =
        [
            ErrorCode.MemberExists, ErrorCode.MemberElsewhere, ErrorCode.MemberNested, ErrorCode.SubscriptionExists, ErrorCode.NoSeatLeft,
            ErrorCode.ValidationFailed,
        ],
    };

    public static readonly Description List = new(
        Tag, "List members", "Lists members in byte order of their ids, so pages stay stable while members join and leave.")
    {
        Path = OfCustomer,
        Query = [.. QueryParameter.OfPage],
        Answers = [Example.Of<MemberList>(200, "A page.", $$"""{"data": [{{Grace}}], "has_more": false}""")],
        Errors = [ErrorCode.CustomerNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description Show = new(Tag, "Show a member", "Returns the member. `GET /v1/events?member=` lists its events.")
    {
        Path = OfMember,
        Answers = [Example.Of<MemberView>(200, "The member.", Grace)],
        Errors = [ErrorCode.MemberNotFound],
    };

    public static readonly Description Update = new(Tag, "Change a member", "A field that you leave out stays; null clears it.")
    {
        Path = OfMember,
        Request = Example.Of<UpdateMemberRequest>("""{"role": "admin"}"""),
        Answers = [Example.Of<MemberView>(200, "The member as it is now.", Grace)],
        Errors = [ErrorCode.MemberNotFound, ErrorCode.ValidationFailed],
    };

    public static readonly Description Remove = new(
        Tag,
        "Remove a member",
        "From now on, the user is a customer of its own, with its earlier plan and grants. Its usage as a member stays with the customer; "
            + "an open reservation "
        + "stays the customer's and can be settled.")
    {
        Path = OfMember,
        Answers = [Example.Nothing("Removed.")],
        Errors = [ErrorCode.MemberNotFound],
    };
}
