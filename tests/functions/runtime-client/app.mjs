export const doubles = async (event, context) => ({
  doubled: event.n * 2,
  id: context.awsRequestId,
  inTime: context.getRemainingTimeInMillis() > 0,
});
export const fails = async () => {
  throw new RangeError('too far');
};
export const streams = awslambda.streamifyResponse(async (event, stream) => {
  stream.write('one ');
  stream.end('two');
});
