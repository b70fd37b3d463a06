// Says of each order that it is there.
exports.handler = async (event) => {
  for (const record of event.Records) {
    if (record.eventName === 'INSERT') console.log(`noticed ${record.dynamodb.NewImage.orderId.S}`);
  }
};
