// What every suite needs: clients of the endpoint under test, names that no earlier run used, and assertions on errors.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

export const endpoint = process.env.CUMULET_ENDPOINT;
export const onAws = endpoint === 'aws';
export const region = process.env.AWS_REGION;

/** A client of the endpoint under test. It does not retry: a failure is to be seen, not hidden. */
export function clientOf(Client, options = {}) {
    return new Client({ region, maxAttempts: 1, ...(onAws ? {} : { endpoint }), ...options });
}

/** A name that no other run and no other test uses. */
export function unique(prefix) {
    return `${prefix}-${randomBytes(6).toString('hex')}`;
}

/** Asserts that the call fails with AWS's error of this name and status; returns the error. */
export async function fails(call, name, status, message) {
    const error = await call.then(
        (answer) => assert.fail(`expected ${name}, but the call succeeded: ${JSON.stringify(answer)}`),
        (error) => error,
    );
    if (error instanceof assert.AssertionError) throw error;
    assert.equal(error.name, name, `${error.name}: ${error.message}`);
    assert.equal(error.$metadata?.httpStatusCode, status, error.message);
    if (message) assert.match(error.message, message);
    return error;
}

/** Repeats `attempt` until it returns something true, which becomes the result. */
export async function eventually(attempt, seconds = 30) {
    const deadline = Date.now() + seconds * 1000;
    let pause = 20;
    for (;;) {
        const result = await attempt();
        if (result) return result;
        assert.ok(Date.now() < deadline, `not within ${seconds} s: ${attempt}`);
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(pause * 2, 500);
    }
}

/** Collects the values of all pages: `next` is given a token (undefined at first) and returns [values, token]. */
export async function allPages(next) {
    const values = [];
    let token;
    do {
        const [page, following] = await next(token);
        values.push(...(page ?? []));
        token = following;
    } while (token);
    return values;
}

/** Undoes what a suite made, last first, whether its tests passed or not: `after(undo.all)`. */
export function undoList() {
    const steps = [];
    return {
        add: (step) => steps.push(step),
        all: async () => {
            for (const step of steps.reverse()) await step().catch(() => {});
        },
    };
}
