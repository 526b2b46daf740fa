'use strict';

const { randomUUID } = require('crypto');

const TABLE = process.env.TABLE_NAME;
const orders = new Map();

const respond = (statusCode, value) => ({
  statusCode,
  headers: { 'Content-Type': 'application/json', 'X-Table': TABLE },
  body: JSON.stringify(value),
});

async function create(event, context) {
  const { item, quantity } = JSON.parse(event.body || '{}');
  if (!item || !(quantity > 0)) return respond(400, { message: 'item and quantity are required' });
  const order = { id: randomUUID(), item, quantity };
  await new Promise((resolve) => setImmediate(resolve));
  orders.set(order.id, order);
  console.info('created order %s in request %s, %d ms left', order.id, context.awsRequestId, context.getRemainingTimeInMillis());
  return respond(201, order);
}

exports.handler = async (event, context) => {
  context.callbackWaitsForEmptyEventLoop = false;
  const { method } = event.requestContext.http;
  const path = event.rawPath;
  if (method === 'POST' && path === '/orders') return create(event, context);
  if (method === 'GET' && path.startsWith('/orders/')) {
    const order = orders.get(path.split('/').pop());
    return order ? respond(200, order) : respond(404, { message: 'no such order' });
  }
  return respond(405, { message: 'not allowed' });
};
