import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import * as iam from '@aws-sdk/client-iam';
import { clientOf, fails, allPages, undoList, unique } from './support.mjs';

const client = clientOf(iam.IAMClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const trust = (service) =>
    JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    });
const permission = (action) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] });
const decoded = (document) => JSON.parse(decodeURIComponent(document));

async function newRole(input = {}) {
    const RoleName = unique('role');
    const { Role } = await send(iam.CreateRoleCommand, {
        RoleName,
        AssumeRolePolicyDocument: trust('lambda.amazonaws.com'),
        ...input,
    });
    undo.add(() => send(iam.DeleteRoleCommand, { RoleName }));
    return Role;
}

async function newUser(input = {}) {
    const UserName = unique('user');
    const { User } = await send(iam.CreateUserCommand, { UserName, ...input });
    undo.add(() => send(iam.DeleteUserCommand, { UserName }));
    return User;
}

async function newPolicy(input = {}) {
    const { Policy } = await send(iam.CreatePolicyCommand, {
        PolicyName: unique('policy'),
        PolicyDocument: permission('s3:GetObject'),
        ...input,
    });
    undo.add(() => send(iam.DeletePolicyCommand, { PolicyArn: Policy.Arn }));
    return Policy;
}

test('a role is what CreateRole was told', async () => {
    const created = await newRole({ Path: '/orders/', Description: 'reads', MaxSessionDuration: 7200 });
    assert.match(created.Arn, /^arn:aws:iam::\d{12}:role\/orders\/role-/);
    assert.match(created.RoleId, /^AROA[A-Z0-9]{12,}$/);

    const { Role } = await send(iam.GetRoleCommand, { RoleName: created.RoleName });
    assert.equal(Role.Arn, created.Arn);
    assert.equal(Role.RoleId, created.RoleId);
    assert.equal(Role.Path, '/orders/');
    assert.equal(Role.Description, 'reads');
    assert.equal(Role.MaxSessionDuration, 7200);
    assert.deepEqual(decoded(Role.AssumeRolePolicyDocument), JSON.parse(trust('lambda.amazonaws.com')));
    assert.ok(Math.abs(Role.CreateDate - Date.now()) < 600_000);
});

test('ListRoles pages, and a path prefix selects', async () => {
    const Path = `/${unique('path')}/`;
    const names = [(await newRole({ Path })).RoleName, (await newRole({ Path })).RoleName].sort();
    const found = await allPages(async (Marker) => {
        const page = await send(iam.ListRolesCommand, { PathPrefix: Path, MaxItems: 1, Marker });
        assert.ok(page.Roles.length <= 1);
        return [page.Roles, page.IsTruncated ? page.Marker : undefined];
    });
    assert.deepEqual(found.map((role) => role.RoleName).sort(), names);
});

test('UpdateRole and UpdateAssumeRolePolicy change a role', async () => {
    const { RoleName } = await newRole();
    await send(iam.UpdateRoleCommand, { RoleName, Description: 'changed', MaxSessionDuration: 3600 });
    await send(iam.UpdateAssumeRolePolicyCommand, { RoleName, PolicyDocument: trust('sqs.amazonaws.com') });
    const { Role } = await send(iam.GetRoleCommand, { RoleName });
    assert.equal(Role.Description, 'changed');
    assert.equal(decoded(Role.AssumeRolePolicyDocument).Statement[0].Principal.Service, 'sqs.amazonaws.com');
});

test('inline policies of a role: put, get, list, delete', async () => {
    const { RoleName } = await newRole();
    await send(iam.PutRolePolicyCommand, { RoleName, PolicyName: 'read', PolicyDocument: permission('s3:GetObject') });
    await send(iam.PutRolePolicyCommand, { RoleName, PolicyName: 'read', PolicyDocument: permission('s3:ListBucket') });
    const read = await send(iam.GetRolePolicyCommand, { RoleName, PolicyName: 'read' });
    assert.equal(read.RoleName, RoleName);
    assert.equal(decoded(read.PolicyDocument).Statement[0].Action, 's3:ListBucket');
    assert.deepEqual((await send(iam.ListRolePoliciesCommand, { RoleName })).PolicyNames, ['read']);

    await fails(send(iam.DeleteRoleCommand, { RoleName }), 'DeleteConflictException', 409);
    await send(iam.DeleteRolePolicyCommand, { RoleName, PolicyName: 'read' });
    assert.deepEqual((await send(iam.ListRolePoliciesCommand, { RoleName })).PolicyNames ?? [], []);
    await fails(send(iam.GetRolePolicyCommand, { RoleName, PolicyName: 'read' }), 'NoSuchEntityException', 404);
});

test('managed policies attach to roles and count where they hang', async () => {
    const { RoleName } = await newRole();
    const policy = await newPolicy();
    await send(iam.AttachRolePolicyCommand, { RoleName, PolicyArn: policy.Arn });
    const attached = await send(iam.ListAttachedRolePoliciesCommand, { RoleName });
    assert.deepEqual(attached.AttachedPolicies, [{ PolicyName: policy.PolicyName, PolicyArn: policy.Arn }]);
    assert.equal((await send(iam.GetPolicyCommand, { PolicyArn: policy.Arn })).Policy.AttachmentCount, 1);

    await fails(send(iam.DeletePolicyCommand, { PolicyArn: policy.Arn }), 'DeleteConflictException', 409);
    await fails(send(iam.DeleteRoleCommand, { RoleName }), 'DeleteConflictException', 409, /must detach all policies first/);
    await send(iam.DetachRolePolicyCommand, { RoleName, PolicyArn: policy.Arn });
    assert.equal((await send(iam.GetPolicyCommand, { PolicyArn: policy.Arn })).Policy.AttachmentCount, 0);
    await fails(send(iam.DetachRolePolicyCommand, { RoleName, PolicyArn: policy.Arn }), 'NoSuchEntityException', 404);
});

test("AWS's own policies can be attached", async () => {
    const { RoleName } = await newRole();
    const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
    await send(iam.AttachRolePolicyCommand, { RoleName, PolicyArn });
    const { AttachedPolicies } = await send(iam.ListAttachedRolePoliciesCommand, { RoleName });
    assert.deepEqual(AttachedPolicies, [{ PolicyName: 'AWSLambdaBasicExecutionRole', PolicyArn }]);
    await send(iam.DetachRolePolicyCommand, { RoleName, PolicyArn });
});

test('roles carry tags', async () => {
    const { RoleName } = await newRole({ Tags: [{ Key: 'team', Value: 'orders' }] });
    await send(iam.TagRoleCommand, { RoleName, Tags: [{ Key: 'stage', Value: 'test' }, { Key: 'team', Value: 'billing' }] });
    const byKey = ({ Tags }) => Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
    assert.deepEqual(byKey(await send(iam.ListRoleTagsCommand, { RoleName })), { team: 'billing', stage: 'test' });
    await send(iam.UntagRoleCommand, { RoleName, TagKeys: ['team'] });
    assert.deepEqual(byKey((await send(iam.GetRoleCommand, { RoleName })).Role), { stage: 'test' });
});

test('a role outside of any instance has no instance profiles', async () => {
    const { RoleName } = await newRole();
    assert.deepEqual((await send(iam.ListInstanceProfilesForRoleCommand, { RoleName })).InstanceProfiles ?? [], []);
});

test('errors of roles', async () => {
    const { RoleName } = await newRole();
    const AssumeRolePolicyDocument = trust('lambda.amazonaws.com');
    await fails(
        send(iam.CreateRoleCommand, { RoleName, AssumeRolePolicyDocument }),
        'EntityAlreadyExistsException',
        409,
        new RegExp(`^Role with name ${RoleName} already exists\\.$`),
    );
    const missing = unique('missing');
    for (const [Command, input] of [
        [iam.GetRoleCommand, {}],
        [iam.DeleteRoleCommand, {}],
        [iam.TagRoleCommand, { Tags: [{ Key: 'a', Value: 'b' }] }],
    ]) {
        const call = send(Command, { RoleName: missing, ...input });
        await fails(call, 'NoSuchEntityException', 404, new RegExp(`The role with name ${missing} cannot be found\\.`));
    }
    await fails(
        send(iam.CreateRoleCommand, { RoleName: unique('role'), AssumeRolePolicyDocument: 'not a policy' }),
        'MalformedPolicyDocumentException',
        400,
    );
    await fails(
        send(iam.CreateRoleCommand, { RoleName: 'with space', AssumeRolePolicyDocument }),
        'ValidationError',
        400,
    );
});

test('versions of a managed policy: at most five, one of them the default', async () => {
    const { Arn: PolicyArn } = await newPolicy({ Description: 'grows' });
    const { Policy } = await send(iam.GetPolicyCommand, { PolicyArn });
    assert.equal(Policy.DefaultVersionId, 'v1');
    assert.equal(Policy.Description, 'grows');

    const second = await send(iam.CreatePolicyVersionCommand, {
        PolicyArn,
        PolicyDocument: permission('sqs:SendMessage'),
        SetAsDefault: true,
    });
    assert.equal(second.PolicyVersion.VersionId, 'v2');
    assert.equal(second.PolicyVersion.IsDefaultVersion, true);
    const read = await send(iam.GetPolicyVersionCommand, { PolicyArn, VersionId: 'v2' });
    assert.equal(decoded(read.PolicyVersion.Document).Statement[0].Action, 'sqs:SendMessage');

    for (const action of ['a:b', 'c:d', 'e:f']) {
        await send(iam.CreatePolicyVersionCommand, { PolicyArn, PolicyDocument: permission(action) });
    }
    await fails(
        send(iam.CreatePolicyVersionCommand, { PolicyArn, PolicyDocument: permission('g:h') }),
        'LimitExceededException',
        409,
    );
    await fails(send(iam.DeletePolicyVersionCommand, { PolicyArn, VersionId: 'v2' }), 'DeleteConflictException', 409);
    await fails(send(iam.DeletePolicyCommand, { PolicyArn }), 'DeleteConflictException', 409);
    for (const VersionId of ['v1', 'v3', 'v4', 'v5']) await send(iam.DeletePolicyVersionCommand, { PolicyArn, VersionId });
    const { Versions } = await send(iam.ListPolicyVersionsCommand, { PolicyArn });
    assert.deepEqual(Versions.map((version) => [version.VersionId, version.IsDefaultVersion]), [['v2', true]]);
});

test('ListPolicies shows local policies, and GetPolicy misses what is not there', async () => {
    const Path = `/${unique('path')}/`;
    const policy = await newPolicy({ Path });
    const { Policies } = await send(iam.ListPoliciesCommand, { Scope: 'Local', PathPrefix: Path });
    assert.deepEqual(Policies.map(({ Arn }) => Arn), [policy.Arn]);
    await fails(send(iam.GetPolicyCommand, { PolicyArn: `${policy.Arn}-missing` }), 'NoSuchEntityException', 404);
    await fails(
        send(iam.CreatePolicyCommand, { PolicyName: policy.PolicyName, PolicyDocument: permission('a:b') }),
        'EntityAlreadyExistsException',
        409,
    );
});

test('users: create, get, list, policies', async () => {
    const Path = `/${unique('path')}/`;
    const created = await newUser({ Path });
    const { UserName } = created;
    assert.match(created.UserId, /^AIDA[A-Z0-9]{12,}$/);
    assert.ok(created.Arn.endsWith(`:user${Path}${UserName}`));
    assert.equal((await send(iam.GetUserCommand, { UserName })).User.UserId, created.UserId);
    const { Users } = await send(iam.ListUsersCommand, { PathPrefix: Path });
    assert.deepEqual(Users.map((user) => user.UserName), [UserName]);

    await send(iam.PutUserPolicyCommand, { UserName, PolicyName: 'send', PolicyDocument: permission('sqs:SendMessage') });
    const inline = await send(iam.GetUserPolicyCommand, { UserName, PolicyName: 'send' });
    assert.equal(decoded(inline.PolicyDocument).Statement[0].Action, 'sqs:SendMessage');
    assert.deepEqual((await send(iam.ListUserPoliciesCommand, { UserName })).PolicyNames, ['send']);
    await send(iam.DeleteUserPolicyCommand, { UserName, PolicyName: 'send' });
    await fails(send(iam.GetUserPolicyCommand, { UserName, PolicyName: 'send' }), 'NoSuchEntityException', 404);

    const policy = await newPolicy();
    await send(iam.AttachUserPolicyCommand, { UserName, PolicyArn: policy.Arn });
    const attached = await send(iam.ListAttachedUserPoliciesCommand, { UserName });
    assert.deepEqual(attached.AttachedPolicies.map(({ PolicyArn }) => PolicyArn), [policy.Arn]);
    await send(iam.DetachUserPolicyCommand, { UserName, PolicyArn: policy.Arn });
    assert.deepEqual((await send(iam.ListAttachedUserPoliciesCommand, { UserName })).AttachedPolicies ?? [], []);

    await fails(send(iam.CreateUserCommand, { UserName }), 'EntityAlreadyExistsException', 409);
    await fails(send(iam.GetUserCommand, { UserName: unique('missing') }), 'NoSuchEntityException', 404);
});

test('access keys: at most two, active or not', async () => {
    const { UserName } = await newUser();
    const first = (await send(iam.CreateAccessKeyCommand, { UserName })).AccessKey;
    assert.match(first.AccessKeyId, /^(AKIA|LKIA)[A-Z0-9]{16}$/);
    assert.equal(first.SecretAccessKey.length, 40);
    assert.equal(first.Status, 'Active');
    const second = (await send(iam.CreateAccessKeyCommand, { UserName })).AccessKey;
    undo.add(() => send(iam.DeleteAccessKeyCommand, { UserName, AccessKeyId: first.AccessKeyId }));
    await fails(send(iam.CreateAccessKeyCommand, { UserName }), 'LimitExceededException', 409);

    await send(iam.UpdateAccessKeyCommand, { UserName, AccessKeyId: second.AccessKeyId, Status: 'Inactive' });
    const { AccessKeyMetadata } = await send(iam.ListAccessKeysCommand, { UserName });
    const statusOf = Object.fromEntries(AccessKeyMetadata.map((key) => [key.AccessKeyId, key.Status]));
    assert.deepEqual(statusOf, { [first.AccessKeyId]: 'Active', [second.AccessKeyId]: 'Inactive' });

    await fails(send(iam.DeleteUserCommand, { UserName }), 'DeleteConflictException', 409);
    await send(iam.DeleteAccessKeyCommand, { UserName, AccessKeyId: second.AccessKeyId });
    await send(iam.DeleteAccessKeyCommand, { UserName, AccessKeyId: first.AccessKeyId });
    await send(iam.DeleteUserCommand, { UserName });
    await fails(send(iam.GetUserCommand, { UserName }), 'NoSuchEntityException', 404);
});
