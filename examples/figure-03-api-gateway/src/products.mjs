// Shows a product. What a visit shows is kept by the stage's cache for a minute: `visit` tells one reading from another.
import { randomUUID } from 'node:crypto';

const products = { tea: { name: 'Tea', cents: 450 }, cup: { name: 'Cup', cents: 1100 } };

export async function handler(event) {
    const product = products[event.pathParameters.sku];
    if (!product) return { statusCode: 404, body: JSON.stringify({ error: `There is no ${event.pathParameters.sku}.` }) };
    return { statusCode: 200, body: JSON.stringify({ ...product, visit: randomUUID() }) };
}
