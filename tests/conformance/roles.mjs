// Roles of IAM that AWS's services take on.
import * as iam from '@aws-sdk/client-iam';
import { clientOf, onAws, unique } from './support.mjs';

/**
 * The ARN of a new role that `services` ("lambda.amazonaws.com", or a list) may assume. It has AWS's policies of the
 * names in `managed` ("service-role/AWSLambdaBasicExecutionRole"), and `statements` of its own. `undo` takes it away.
 */
export async function newRole(undo, services, { managed = [], statements = [] } = {}) {
    const client = clientOf(iam.IAMClient);
    const document = (...statements) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
    const RoleName = unique('role');
    const AssumeRolePolicyDocument = document({ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' });
    const { Role } = await client.send(new iam.CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    undo.add(() => client.send(new iam.DeleteRoleCommand({ RoleName })));
    for (const name of managed) {
        const PolicyArn = `arn:aws:iam::aws:policy/${name}`;
        await client.send(new iam.AttachRolePolicyCommand({ RoleName, PolicyArn }));
        undo.add(() => client.send(new iam.DetachRolePolicyCommand({ RoleName, PolicyArn })));
    }
    if (statements.length) {
        await client.send(new iam.PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument: document(...statements) }));
        undo.add(() => client.send(new iam.DeleteRolePolicyCommand({ RoleName, PolicyName: 'own' })));
    }
    if (onAws) await new Promise((resolve) => setTimeout(resolve, 10_000)); // until services may assume it
    return Role.Arn;
}
