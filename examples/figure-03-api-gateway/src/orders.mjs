// Takes an order, which API Gateway has validated, of someone whom the authorizer knows.
export async function handler(event) {
    const order = JSON.parse(event.body);
    const customer = event.requestContext.authorizer.principalId;
    return { statusCode: 202, body: JSON.stringify({ customer, sku: order.sku, quantity: order.quantity }) };
}
