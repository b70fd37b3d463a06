// An order as callers write it and as the table keeps it. Money is whole cents.

const isText = (value) => typeof value === "string" && value.length > 0 && value.length <= 100;
const isCount = (value) => Number.isInteger(value) && value >= 0 && value <= 1_000_000;

/// What is wrong with an order, as a sentence; nothing if it is fine.
export function fault(order) {
  if (order === null || typeof order !== "object") return "The body must be a JSON object.";
  if (!isText(order.customer)) return "customer must be a name.";
  if (!Array.isArray(order.items) || order.items.length === 0) return "items must hold at least one item.";
  if (order.items.length > 50) return "items must hold at most 50 items.";
  for (const item of order.items) {
    if (!isText(item?.sku)) return "Each item needs a sku.";
    if (!isCount(item.quantity) || item.quantity === 0) return `${item.sku}: quantity must be a positive whole number.`;
    if (!isCount(item.unitCents)) return `${item.sku}: unitCents must be a whole number.`;
  }
}

/// The key of the item that counts a customer's orders. It has no attribute `customer`, so the index by customer, which
/// is of orders, does not hold it.
export const counterKey = (customer) => ({ orderId: { S: `customer/${customer}` } });

/// The table's item of a new order.
export function toItem(orderId, placedAt, order) {
  return {
    orderId: { S: orderId },
    customer: { S: order.customer },
    placedAt: { S: placedAt },
    status: { S: "PLACED" },
    items: {
      L: order.items.map(({ sku, quantity, unitCents }) => ({
        M: { sku: { S: sku }, quantity: { N: String(quantity) }, unitCents: { N: String(unitCents) } },
      })),
    },
  };
}

const plain = (value) => {
  if ("S" in value) return value.S;
  if ("N" in value) return Number(value.N);
  if ("L" in value) return value.L.map(plain);
  return fromItem(value.M);
};

/// What callers read.
export function fromItem(item) {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plain(value)]));
}
