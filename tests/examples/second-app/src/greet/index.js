exports.handler = async (event) => {
  const { GREETING, LANGUAGES, FIRST_LANGUAGE } = process.env;
  const times = Number(event.queryStringParameters?.times ?? 1);
  return { text: `${GREETING}, ${event.pathParameters.name}${"!".repeat(times)}`, languages: LANGUAGES, first: FIRST_LANGUAGE };
};
