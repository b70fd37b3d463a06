import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientOf, eventually, fails, onAws, undoList, unique } from './support.mjs';

const sts = clientOf(STSClient);
const iam = clientOf(IAMClient);
const undo = undoList();
after(undo.all);

const roleName = unique('sts-role');
let account;
let roleArn;

before(async () => {
    account = (await sts.send(new GetCallerIdentityCommand({}))).Account;
    const trust = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' }],
    };
    const { Role } = await iam.send(
        new CreateRoleCommand({ RoleName: roleName, AssumeRolePolicyDocument: JSON.stringify(trust) }),
    );
    undo.add(() => iam.send(new DeleteRoleCommand({ RoleName: roleName })));
    roleArn = Role.Arn;
});

test('GetCallerIdentity says which account and who', async () => {
    const identity = await sts.send(new GetCallerIdentityCommand({}));
    assert.match(identity.Account, /^\d{12}$/);
    assert.ok(identity.Arn.startsWith('arn:aws:'));
    assert.ok(identity.Arn.includes(`::${identity.Account}:`));
    assert.ok(identity.UserId);
});

test('a twelve-digit access key id is the account', { skip: onAws }, async () => {
    const other = clientOf(STSClient, { credentials: { accessKeyId: '111122223333', secretAccessKey: 'test' } });
    const identity = await other.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Account, '111122223333');
    assert.equal(identity.Arn, 'arn:aws:iam::111122223333:root');
});

test('AssumeRole gives credentials that act as a session of the role', async () => {
    const { Credentials, AssumedRoleUser } = await eventually(() =>
        sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'night', DurationSeconds: 900 })),
    );
    assert.match(Credentials.AccessKeyId, /^(ASIA|LSIA)/);
    assert.ok(Credentials.SecretAccessKey.length >= 30);
    assert.ok(Credentials.SessionToken.length > 0);
    const lifetimeSeconds = (Credentials.Expiration.getTime() - Date.now()) / 1000;
    assert.ok(Math.abs(lifetimeSeconds - 900) < 30, `expires in ${lifetimeSeconds} s`);
    assert.equal(AssumedRoleUser.Arn, `arn:aws:sts::${account}:assumed-role/${roleName}/night`);
    assert.match(AssumedRoleUser.AssumedRoleId, /^AROA[A-Z0-9]+:night$/);

    const session = clientOf(STSClient, {
        credentials: {
            accessKeyId: Credentials.AccessKeyId,
            secretAccessKey: Credentials.SecretAccessKey,
            sessionToken: Credentials.SessionToken,
        },
    });
    const identity = await session.send(new GetCallerIdentityCommand({}));
    assert.equal(identity.Arn, AssumedRoleUser.Arn);
    assert.equal(identity.Account, account);
    assert.equal(identity.UserId, AssumedRoleUser.AssumedRoleId);
});

test('AssumeRole of a role that is not there is denied, not revealed', async () => {
    const missing = `arn:aws:iam::${account}:role/${unique('missing')}`;
    await fails(
        sts.send(new AssumeRoleCommand({ RoleArn: missing, RoleSessionName: 'night' })),
        'AccessDenied',
        403,
        /is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::/,
    );
});

test('AssumeRole checks the constraints of its parameters', async () => {
    await fails(
        sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'x' })),
        'ValidationError',
        400,
        /roleSessionName.*length greater than or equal to 2/s,
    );
    await fails(
        sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'night', DurationSeconds: 60 })),
        'ValidationError',
        400,
        /durationSeconds.*greater than or equal to 900/s,
    );
});
