// Two functions of a shop: one takes an order once, however often it is sent; one ships what lies in a queue.
import { randomUUID } from 'node:crypto';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DynamoDBProvider } from '@aws-lambda-powertools/parameters/dynamodb';
import { Tracer } from '@aws-lambda-powertools/tracer';

const logger = new Logger({ serviceName: 'shop' });
const metrics = new Metrics({ namespace: 'shop', serviceName: 'shop' });
const tracer = new Tracer({ serviceName: 'shop' });
const settings = new DynamoDBProvider({ tableName: process.env.SETTINGS });
const config = new IdempotencyConfig({ eventKeyJmesPath: 'order' });

export const place = makeIdempotent(async (event, context) => {
  logger.addContext(context);
  const discount = Number(await settings.get('discount'));
  tracer.putAnnotation('order', event.order);
  logger.info('placed', { order: event.order });
  metrics.addMetric('placed', MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
  return { receipt: randomUUID(), total: event.price - discount, trace: tracer.getRootXrayTraceId() };
}, { persistenceStore: new DynamoDBPersistenceLayer({ tableName: process.env.ONCE }), config });

const processor = new BatchProcessor(EventType.SQS);

export const ship = async (event, context) => processPartialResponse(event, async (record) => {
  const order = JSON.parse(record.body);
  if (order.broken) throw new Error(`order ${order.number} cannot be shipped`);
  logger.info('shipped', { number: order.number });
}, processor, { context });
