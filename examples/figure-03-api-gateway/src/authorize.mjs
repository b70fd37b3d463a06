// Two authorizers in one: by the token of a customer, or by what a partner's request says.
const customers = { 'token-of-ada': 'ada', 'token-of-bo': 'bo' };

export async function handler(event) {
    const customer = event.type === 'TOKEN' ? customers[event.authorizationToken] : event.queryStringParameters.partner;
    if (!customer) throw new Error('Unauthorized');
    const allowed = customer !== 'bo' && customer !== 'stranger';
    return {
        principalId: customer,
        policyDocument: {
            Version: '2012-10-17',
            Statement: [{ Action: 'execute-api:Invoke', Effect: allowed ? 'Allow' : 'Deny', Resource: event.methodArn }],
        },
        context: { since: 2020 },
    };
}
