import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import * as cloudformation from '@aws-sdk/client-cloudformation';
import * as lambda from '@aws-sdk/client-lambda';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';
import { allPages, clientOf, eventually, fails, undoList, unique } from './support.mjs';
import { zip } from './zip.mjs';

const client = clientOf(cloudformation.CloudFormationClient);
const buckets = clientOf(s3.S3Client);
const functions = clientOf(lambda.LambdaClient);
const queues = clientOf(sqs.SQSClient);
const undo = undoList();
after(undo.all);

const send = (Command, input) => client.send(new Command(input));
const wait = { client, maxWaitTime: 120, minDelay: 1, maxDelay: 2 };

const plain = `
AWSTemplateFormatVersion: '2010-09-09'
Description: A queue and its grave
Parameters:
  Seconds: {Type: Number, Default: 30, Description: How long a receiver has}
  Stage: {Type: String, AllowedValues: [test, live], Default: test}
Conditions:
  Live: !Equals [!Ref Stage, live]
Mappings:
  Retention:
    test: {Seconds: 60}
    live: {Seconds: 600}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Seconds
      MessageRetentionPeriod: !FindInMap [Retention, !Ref Stage, Seconds]
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Grave.Arn, maxReceiveCount: 3}
  Grave:
    Type: AWS::SQS::Queue
  Audit:
    Type: AWS::SQS::Queue
    Condition: Live
Outputs:
  JobsUrl: {Value: !Ref Jobs, Description: Where jobs go}
  Name: {Value: !Sub '\${AWS::StackName}-\${Jobs.QueueName}'}
  Where: {Value: !Join ['/', [!Ref AWS::Region, !Ref AWS::AccountId]]}
  GraveArn: {Value: !GetAtt Grave.Arn, Export: {Name: !Sub '\${AWS::StackName}-grave'}}
`;

/** A template that cannot be made: the second queue's delay is beyond what SQS allows. */
const broken = `
Resources:
  Good: {Type: AWS::SQS::Queue}
  Bad:
    Type: AWS::SQS::Queue
    DependsOn: Good
    Properties: {DelaySeconds: 90000}
`;

function newName() {
    const StackName = unique('stack');
    undo.add(async () => {
        await send(cloudformation.DeleteStackCommand, { StackName });
        await cloudformation.waitUntilStackDeleteComplete(wait, { StackName });
    });
    return StackName;
}

async function newStack(TemplateBody = plain, input = {}) {
    const StackName = newName();
    const { StackId } = await send(cloudformation.CreateStackCommand, { StackName, TemplateBody, ...input });
    await cloudformation.waitUntilStackCreateComplete(wait, { StackName });
    return { StackName, StackId };
}

async function describeStack(StackName) {
    return (await send(cloudformation.DescribeStacksCommand, { StackName })).Stacks[0];
}
const outputsOf = (stack) => Object.fromEntries((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));

async function attributesOf(QueueUrl) {
    return (await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes;
}

describe('stacks', () => {
    test('a stack makes what its template says', async () => {
        const { StackName, StackId } = await newStack(plain, {
            Parameters: [{ ParameterKey: 'Seconds', ParameterValue: '45' }],
            Tags: [{ Key: 'team', Value: 'orders' }],
        });
        assert.match(StackId, new RegExp(`^arn:aws:cloudformation:[a-z0-9-]+:\\d{12}:stack/${StackName}/[0-9a-f-]{36}$`));
        const stack = await describeStack(StackName);
        assert.equal(stack.StackId, StackId);
        assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
        assert.equal(stack.Description, 'A queue and its grave');
        assert.deepEqual(stack.Tags, [{ Key: 'team', Value: 'orders' }]);
        const parameters = Object.fromEntries(stack.Parameters.map((each) => [each.ParameterKey, each.ParameterValue]));
        assert.deepEqual(parameters, { Seconds: '45', Stage: 'test' });

        const outputs = outputsOf(stack);
        const attributes = await attributesOf(outputs.JobsUrl);
        assert.equal(attributes.VisibilityTimeout, '45');
        assert.equal(attributes.MessageRetentionPeriod, '60');
        assert.equal(JSON.parse(attributes.RedrivePolicy).deadLetterTargetArn, outputs.GraveArn);
        assert.ok(outputs.Name.startsWith(`${StackName}-${StackName}-Jobs-`));
        assert.equal(outputs.Where, StackId.split(':').slice(3, 5).join('/'));

        const resources = await send(cloudformation.DescribeStackResourcesCommand, { StackName });
        assert.deepEqual(resources.StackResources.map((each) => each.LogicalResourceId).sort(), ['Grave', 'Jobs']);
        const one = await send(cloudformation.DescribeStackResourceCommand, { StackName, LogicalResourceId: 'Jobs' });
        assert.equal(one.StackResourceDetail.PhysicalResourceId, outputs.JobsUrl);
        assert.equal(one.StackResourceDetail.ResourceType, 'AWS::SQS::Queue');
        const { StackResourceSummaries } = await send(cloudformation.ListStackResourcesCommand, { StackName });
        assert.ok(StackResourceSummaries.every((each) => each.ResourceStatus === 'CREATE_COMPLETE'));
    });

    test("queues change in place, with their tags and policies", async () => {
        const template = (properties, policies = '') => `
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {${properties}}}
  Ordered: {Type: AWS::SQS::Queue, Properties: {FifoQueue: true, ContentBasedDeduplication: true}}${policies}
Outputs:
  Url: {Value: !GetAtt Jobs.QueueUrl}
  Ordered: {Value: !Ref Ordered}
`;
        const statement = '{Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: "*"}';
        const policies = `
  Open:
    Type: AWS::SQS::QueuePolicy
    Properties: {Queues: [!Ref Jobs], PolicyDocument: {Version: "2012-10-17", Id: shared, Statement: [${statement}]}}
  Inline:
    Type: AWS::SQS::QueueInlinePolicy
    Properties: {Queue: !Ref Ordered, PolicyDocument: {Version: "2012-10-17", Id: own, Statement: [${statement}]}}`;
        const { StackName } = await newStack(
            template('DelaySeconds: 5, VisibilityTimeout: 60, Tags: [{Key: a, Value: "1"}, {Key: b, Value: "2"}]', policies),
            { Tags: [{ Key: 'team', Value: 'orders' }] },
        );
        const { Url, Ordered } = outputsOf(await describeStack(StackName));
        assert.match(Ordered, /\.fifo$/);
        assert.equal(JSON.parse((await attributesOf(Url)).Policy).Id, 'shared');
        assert.equal(JSON.parse((await attributesOf(Ordered)).Policy).Id, 'own');
        assert.equal((await attributesOf(Ordered)).ContentBasedDeduplication, 'true');
        const tagsOf = async () => {
            const { Tags } = await queues.send(new sqs.ListQueueTagsCommand({ QueueUrl: Url }));
            return Object.fromEntries(Object.entries(Tags).filter(([key]) => !key.startsWith('aws:')));
        };
        assert.deepEqual(await tagsOf(), { a: '1', b: '2', team: 'orders' });

        await send(cloudformation.UpdateStackCommand, {
            StackName,
            TemplateBody: template('VisibilityTimeout: 90, KmsMasterKeyId: alias/aws/sqs, Tags: [{Key: a, Value: "3"}]'),
            Tags: [{ Key: 'team', Value: 'orders' }],
        });
        await cloudformation.waitUntilStackUpdateComplete(wait, { StackName });
        assert.equal(outputsOf(await describeStack(StackName)).Url, Url);
        const attributes = await attributesOf(Url);
        assert.equal(attributes.VisibilityTimeout, '90');
        assert.equal(attributes.DelaySeconds, '0');
        assert.equal(attributes.KmsMasterKeyId, 'alias/aws/sqs');
        assert.equal(attributes.SqsManagedSseEnabled, 'false');
        assert.equal(attributes.Policy, undefined);
        assert.equal((await attributesOf(Ordered)).Policy, undefined);
        assert.deepEqual(await tagsOf(), { a: '3', team: 'orders' });

        await send(cloudformation.UpdateStackCommand, { StackName, TemplateBody: template(`QueueName: ${unique('named')}`) });
        await cloudformation.waitUntilStackUpdateComplete(wait, { StackName });
        assert.notEqual(outputsOf(await describeStack(StackName)).Url, Url);
    });

    test('a stack does not take a queue that is there already', async () => {
        const QueueName = unique('taken');
        const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName }));
        undo.add(() => queues.send(new sqs.DeleteQueueCommand({ QueueUrl })));
        const StackName = unique('stack');
        undo.add(() => send(cloudformation.DeleteStackCommand, { StackName }));
        await send(cloudformation.CreateStackCommand, {
            StackName,
            TemplateBody: `Resources: {Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: ${QueueName}}}}`,
        });
        await eventually(async () => (await describeStack(StackName)).StackStatus === 'ROLLBACK_COMPLETE', 120);
        const { StackEvents } = await send(cloudformation.DescribeStackEventsCommand, { StackName });
        assert.ok(StackEvents.some((event) => /already exists/.test(event.ResourceStatusReason ?? '')));
        assert.ok(await attributesOf(QueueUrl));
    });

    test('events tell what happened, newest first', async () => {
        const { StackName } = await newStack();
        const { StackEvents } = await send(cloudformation.DescribeStackEventsCommand, { StackName });
        const told = StackEvents.map((event) => `${event.LogicalResourceId} ${event.ResourceStatus}`);
        assert.equal(told[0], `${StackName} CREATE_COMPLETE`);
        assert.equal(told.at(-1), `${StackName} CREATE_IN_PROGRESS`);
        assert.ok(told.indexOf('Grave CREATE_COMPLETE') > told.indexOf('Jobs CREATE_COMPLETE'), 'the grave comes first');
        assert.equal(new Set(StackEvents.map(({ EventId }) => EventId)).size, StackEvents.length);
    });

    test('templates can be read back and summarised', async () => {
        const { StackName } = await newStack();
        assert.equal((await send(cloudformation.GetTemplateCommand, { StackName })).TemplateBody, plain);
        const summary = await send(cloudformation.GetTemplateSummaryCommand, { TemplateBody: plain });
        assert.deepEqual(summary.ResourceTypes, ['AWS::SQS::Queue']);
        assert.deepEqual(summary.Parameters.map(({ ParameterKey }) => ParameterKey).sort(), ['Seconds', 'Stage']);
        const valid = await send(cloudformation.ValidateTemplateCommand, { TemplateBody: plain });
        assert.equal(valid.Description, 'A queue and its grave');
        const seconds = valid.Parameters.find(({ ParameterKey }) => ParameterKey === 'Seconds');
        assert.equal(seconds.DefaultValue, '30');
        await fails(
            send(cloudformation.ValidateTemplateCommand, { TemplateBody: 'Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Missing}}}' }),
            'ValidationError',
            400,
            /Unresolved resource dependencies \[Missing\] in the Resources block of the template/,
        );
    });

    test('an update changes in place what it can, and adds and removes', async () => {
        const { StackName } = await newStack();
        const { JobsUrl } = outputsOf(await describeStack(StackName));
        const Parameters = [
            { ParameterKey: 'Seconds', ParameterValue: '99' },
            { ParameterKey: 'Stage', ParameterValue: 'live' },
        ];
        await send(cloudformation.UpdateStackCommand, { StackName, UsePreviousTemplate: true, Parameters });
        await cloudformation.waitUntilStackUpdateComplete(wait, { StackName });
        const stack = await describeStack(StackName);
        assert.equal(stack.StackStatus, 'UPDATE_COMPLETE');
        assert.equal(outputsOf(stack).JobsUrl, JobsUrl);
        const attributes = await attributesOf(JobsUrl);
        assert.equal(attributes.VisibilityTimeout, '99');
        assert.equal(attributes.MessageRetentionPeriod, '600');
        const audit = await send(cloudformation.DescribeStackResourceCommand, { StackName, LogicalResourceId: 'Audit' });
        const auditUrl = audit.StackResourceDetail.PhysicalResourceId;
        assert.ok(await attributesOf(auditUrl));

        await fails(
            send(cloudformation.UpdateStackCommand, { StackName, UsePreviousTemplate: true, Parameters }),
            'ValidationError',
            400,
            /^No updates are to be performed\.$/,
        );
        await send(cloudformation.UpdateStackCommand, {
            StackName,
            UsePreviousTemplate: true,
            Parameters: [
                { ParameterKey: 'Seconds', UsePreviousValue: true },
                { ParameterKey: 'Stage', ParameterValue: 'test' },
            ],
        });
        await cloudformation.waitUntilStackUpdateComplete(wait, { StackName });
        assert.equal((await attributesOf(JobsUrl)).VisibilityTimeout, '99');
        await eventually(() => attributesOf(auditUrl).then(() => false, () => true), 90);
    });

    test('a failed creation rolls back, and says why', async () => {
        const StackName = newName();
        await send(cloudformation.CreateStackCommand, { StackName, TemplateBody: broken });
        const stack = await eventually(async () => {
            const stack = await describeStack(StackName);
            return stack.StackStatus === 'ROLLBACK_COMPLETE' && stack;
        }, 120);
        assert.deepEqual(outputsOf(stack), {});
        const { StackEvents } = await send(cloudformation.DescribeStackEventsCommand, { StackName });
        const failed = StackEvents.find((event) => event.ResourceStatus === 'CREATE_FAILED');
        assert.equal(failed.LogicalResourceId, 'Bad');
        assert.match(failed.ResourceStatusReason, /DelaySeconds/);
        assert.ok(StackEvents.some((event) => event.LogicalResourceId === 'Good' && event.ResourceStatus === 'DELETE_COMPLETE'));
        await fails(
            send(cloudformation.UpdateStackCommand, { StackName, TemplateBody: plain }),
            'ValidationError',
            400,
            /is in ROLLBACK_COMPLETE state and can not be updated/,
        );
    });

    test('a failed update returns to what was before', async () => {
        const { StackName } = await newStack('Resources: {Good: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5}}}');
        const { StackResources } = await send(cloudformation.DescribeStackResourcesCommand, { StackName });
        const goodUrl = StackResources[0].PhysicalResourceId;
        await send(cloudformation.UpdateStackCommand, { StackName, TemplateBody: broken });
        await eventually(async () => (await describeStack(StackName)).StackStatus === 'UPDATE_ROLLBACK_COMPLETE', 120);
        assert.equal((await attributesOf(goodUrl)).DelaySeconds, '5');
        const after = await send(cloudformation.DescribeStackResourcesCommand, { StackName });
        assert.deepEqual(after.StackResources.map((each) => each.PhysicalResourceId), [goodUrl]);
    });

    test('deleting a stack deletes what it made', async () => {
        const { StackName, StackId } = await newStack();
        const { JobsUrl } = outputsOf(await describeStack(StackName));
        await send(cloudformation.DeleteStackCommand, { StackName });
        await cloudformation.waitUntilStackDeleteComplete(wait, { StackName });
        await eventually(() => attributesOf(JobsUrl).then(() => false, () => true), 90);
        await fails(
            send(cloudformation.DescribeStacksCommand, { StackName }),
            'ValidationError',
            400,
            new RegExp(`^Stack with id ${StackName} does not exist$`),
        );
        assert.equal((await describeStack(StackId)).StackStatus, 'DELETE_COMPLETE');
        await send(cloudformation.DeleteStackCommand, { StackName: unique('missing') }); // deleting nothing is no error
        const deleted = await allPages(async (NextToken) => {
            const page = await send(cloudformation.ListStacksCommand, { StackStatusFilter: ['DELETE_COMPLETE'], NextToken });
            return [page.StackSummaries, page.NextToken];
        });
        assert.ok(deleted.some((summary) => summary.StackId === StackId));
    });

    test('a protected stack is not deleted', async () => {
        const { StackName } = await newStack('Resources: {Only: {Type: AWS::SQS::Queue}}', { EnableTerminationProtection: true });
        await fails(
            send(cloudformation.DeleteStackCommand, { StackName }),
            'ValidationError',
            400,
            /cannot be deleted while TerminationProtection is enabled/,
        );
        await send(cloudformation.UpdateTerminationProtectionCommand, { StackName, EnableTerminationProtection: false });
        assert.equal((await describeStack(StackName)).EnableTerminationProtection, false);
    });

    test('exports are seen by other stacks, and kept while they use them', async () => {
        const { StackName, StackId } = await newStack();
        const Name = `${StackName}-grave`;
        const user = `
Resources:
  Other:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: {deadLetterTargetArn: !ImportValue ${Name}, maxReceiveCount: 2}
`;
        const importer = await newStack(user);
        const exported = (await allPages(async (NextToken) => {
            const page = await send(cloudformation.ListExportsCommand, { NextToken });
            return [page.Exports, page.NextToken];
        })).find((each) => each.Name === Name);
        assert.equal(exported.ExportingStackId, StackId);
        assert.equal(exported.Value, outputsOf(await describeStack(StackName)).GraveArn);
        const { Imports } = await send(cloudformation.ListImportsCommand, { ExportName: Name });
        assert.deepEqual(Imports, [importer.StackName]);
        const refused = await send(cloudformation.DeleteStackCommand, { StackName }).then(() => undefined, (error) => error);
        if (refused) {
            assert.match(refused.message, new RegExp(`${Name}.* in use by ${importer.StackName}`));
        } else {
            await eventually(async () => (await describeStack(StackName)).StackStatus === 'DELETE_FAILED' ||
                (await describeStack(StackName)).StackStatusReason?.includes('in use by'), 60);
        }
    });

    test('stacks that cannot be are refused at once', async () => {
        const { StackName } = await newStack('Resources: {Only: {Type: AWS::SQS::Queue}}');
        await fails(
            send(cloudformation.CreateStackCommand, { StackName, TemplateBody: plain }),
            'AlreadyExistsException',
            400,
            new RegExp(`Stack \\[${StackName}\\] already exists`),
        );
        const refused = (TemplateBody, message, input = {}) =>
            fails(
                send(cloudformation.CreateStackCommand, { StackName: unique('refused'), TemplateBody, ...input }),
                'ValidationError',
                400,
                message,
            );
        await refused('{}', /At least one Resources member must be defined/);
        await refused('Resources: {A: {Type: AWS::Nonsense::Thing}}', /AWS::Nonsense::Thing/);
        await refused(plain, /Parameter 'Stage' must be one of AllowedValues/, {
            Parameters: [{ ParameterKey: 'Stage', ParameterValue: 'moon' }],
        });
        await refused('Parameters: {Needed: {Type: String}}\nResources: {A: {Type: AWS::SQS::Queue}}', /Parameters: \[Needed\] must have values/);
        await refused(
            'Resources: {A: {Type: AWS::SQS::Queue, DependsOn: B}, B: {Type: AWS::SQS::Queue, DependsOn: A}}',
            /Circular dependency between resources: \[/,
        );
        await fails(
            send(cloudformation.CreateStackCommand, {
                StackName: unique('refused'),
                TemplateBody: 'Resources: {R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}}',
            }),
            'InsufficientCapabilitiesException',
            400,
            /Requires capabilities : \[CAPABILITY_IAM\]/,
        );
    });
});

describe('change sets', () => {
    test('a change set shows what would happen, and does it when it is executed', async () => {
        const { StackName } = await newStack();
        const ChangeSetName = 'more-time';
        await send(cloudformation.CreateChangeSetCommand, {
            StackName,
            ChangeSetName,
            UsePreviousTemplate: true,
            Parameters: [
                { ParameterKey: 'Seconds', ParameterValue: '77' },
                { ParameterKey: 'Stage', ParameterValue: 'live' },
            ],
        });
        await cloudformation.waitUntilChangeSetCreateComplete(wait, { StackName, ChangeSetName });
        const set = await send(cloudformation.DescribeChangeSetCommand, { StackName, ChangeSetName });
        assert.equal(set.ExecutionStatus, 'AVAILABLE');
        const changes = set.Changes.map(({ ResourceChange: { Action, LogicalResourceId, Replacement } }) =>
            [LogicalResourceId, Action, Replacement]).sort();
        assert.deepEqual(changes, [['Audit', 'Add', undefined], ['Jobs', 'Modify', 'False']]);
        const { Summaries } = await send(cloudformation.ListChangeSetsCommand, { StackName });
        assert.deepEqual(Summaries.map((each) => each.ChangeSetName), [ChangeSetName]);
        const { JobsUrl } = outputsOf(await describeStack(StackName));
        assert.equal((await attributesOf(JobsUrl)).VisibilityTimeout, '30', 'nothing has changed yet');

        await send(cloudformation.ExecuteChangeSetCommand, { StackName, ChangeSetName });
        await cloudformation.waitUntilStackUpdateComplete(wait, { StackName });
        assert.equal((await attributesOf(JobsUrl)).VisibilityTimeout, '77');
    });

    test('a change set without changes fails, and may be deleted', async () => {
        const { StackName } = await newStack();
        const ChangeSetName = 'nothing';
        await send(cloudformation.CreateChangeSetCommand, { StackName, ChangeSetName, UsePreviousTemplate: true });
        const set = await eventually(async () => {
            const set = await send(cloudformation.DescribeChangeSetCommand, { StackName, ChangeSetName });
            return set.Status === 'FAILED' && set;
        });
        assert.match(set.StatusReason, /The submitted information didn't contain changes|No updates are to be performed/);
        assert.equal(set.ExecutionStatus, 'UNAVAILABLE');
        await fails(
            send(cloudformation.ExecuteChangeSetCommand, { StackName, ChangeSetName }),
            'InvalidChangeSetStatusException',
            400,
        );
        await send(cloudformation.DeleteChangeSetCommand, { StackName, ChangeSetName });
        await fails(
            send(cloudformation.DescribeChangeSetCommand, { StackName, ChangeSetName }),
            'ChangeSetNotFoundException',
            404,
            /ChangeSet \[nothing\] does not exist/,
        );
    });

    test('a serverless application is deployed by a change set, from packaged code', async () => {
        const Bucket = unique('packages');
        await buckets.send(new s3.CreateBucketCommand({ Bucket }));
        undo.add(() => buckets.send(new s3.DeleteBucketCommand({ Bucket })));
        const Body = zip({ 'index.mjs': `export const handler = async (event) => ({ table: process.env.TABLE, event });` });
        await buckets.send(new s3.PutObjectCommand({ Bucket, Key: 'code.zip', Body }));
        undo.add(() => buckets.send(new s3.DeleteObjectCommand({ Bucket, Key: 'code.zip' })));
        const TemplateBody = `
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Timeout: 9, Runtime: nodejs20.x}}
Resources:
  Orders:
    Type: AWS::Serverless::SimpleTable
    Properties: {PrimaryKey: {Name: id, Type: String}}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      CodeUri: s3://${Bucket}/code.zip
      Environment: {Variables: {TABLE: !Ref Orders}}
      Policies: [DynamoDBReadPolicy: {TableName: !Ref Orders}]
      Events: {Get: {Type: HttpApi, Properties: {Path: /orders, Method: get}}}
Outputs:
  Function: {Value: !Ref Reader}
  Table: {Value: !Ref Orders}
  Api: {Value: !Sub 'https://\${ServerlessHttpApi}.execute-api.\${AWS::Region}.amazonaws.com/'}
`;
        const StackName = newName();
        const input = { StackName, ChangeSetName: 'first', ChangeSetType: 'CREATE', TemplateBody };
        const Capabilities = ['CAPABILITY_IAM', 'CAPABILITY_AUTO_EXPAND'];
        await send(cloudformation.CreateChangeSetCommand, { ...input, Capabilities });
        await cloudformation.waitUntilChangeSetCreateComplete(wait, { StackName, ChangeSetName: 'first' });
        assert.equal((await describeStack(StackName)).StackStatus, 'REVIEW_IN_PROGRESS');
        const { Changes } = await send(cloudformation.DescribeChangeSetCommand, { StackName, ChangeSetName: 'first' });
        const types = Changes.map(({ ResourceChange }) => ResourceChange.ResourceType).sort();
        assert.deepEqual(types, [
            'AWS::ApiGatewayV2::Api',
            'AWS::ApiGatewayV2::Stage',
            'AWS::DynamoDB::Table',
            'AWS::IAM::Role',
            'AWS::Lambda::Function',
            'AWS::Lambda::Permission',
        ]);
        await send(cloudformation.ExecuteChangeSetCommand, { StackName, ChangeSetName: 'first' });
        await cloudformation.waitUntilStackCreateComplete(wait, { StackName });
        const outputs = outputsOf(await describeStack(StackName));
        const processed = await send(cloudformation.GetTemplateCommand, { StackName, TemplateStage: 'Processed' });
        assert.match(processed.TemplateBody, /AWS::Lambda::Function/);
        const answer = await functions.send(new lambda.InvokeCommand({ FunctionName: outputs.Function, Payload: '{"a":1}' }));
        const result = JSON.parse(answer.Payload.transformToString());
        assert.deepEqual(result, { table: outputs.Table, event: { a: 1 } });
        const configuration = await functions.send(
            new lambda.GetFunctionConfigurationCommand({ FunctionName: outputs.Function }),
        );
        assert.equal(configuration.Timeout, 9);
        assert.match(outputs.Api, /^https:\/\/[a-z0-9]{10}\.execute-api\./);
    });
});
