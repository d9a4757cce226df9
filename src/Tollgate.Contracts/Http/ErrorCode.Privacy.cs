namespace Tollgate.Contracts.Http;

/// <content>The codes of the room Privacy.</content>
public sealed partial record ErrorCode
{
    public static readonly ErrorCode CustomerErased = new(
        "customer_erased", 410, "The customer is erased",
        "A request erased the customer with this id. Tollgate does not create it again on use, and recorded nothing.",
        "Stop sending usage of this customer. If the person is a customer again, create it with POST /v1/customers.");

    public static readonly ErrorCode CustomerInBusiness = new(
        "customer_in_business", 409, "The customer has open business",
        "Tollgate erases a customer after its subscription has ended, its invoices and payments are settled, and its members are removed. "
            + "It changed nothing.",
        "Do what the detail says, and repeat the request.");
}
