// The runtime of nodejs* functions: run by the host's node, speaks the Runtime API over descriptor 3.
// It waits for the next event in a blocking read, so a function stands still between two events, as it does at AWS.
#pragma once

#include <string_view>

namespace cumulet::lambda {

inline constexpr std::string_view node_bootstrap = R"js('use strict';
const fs = require('fs');
const util = require('util');
const path = require('path');

const CHANNEL = 3;
const API = '/2018-06-01/runtime/';
const NEXT = `GET ${API}invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n`;
const env = process.env;
let requestId;

// The channel: a request is written whole, an answer is read whole.
let buffer = Buffer.allocUnsafe(64 * 1024);
let filled = 0;

function write(bytes) {
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(CHANNEL, bytes, at);
}

function fill() {
  if (filled === buffer.length) {
    const larger = Buffer.allocUnsafe(buffer.length * 2);
    buffer.copy(larger, 0, 0, filled);
    buffer = larger;
  }
  const count = fs.readSync(CHANNEL, buffer, filled, buffer.length - filled, null);
  if (count === 0) process.reallyExit(0);
  filled += count;
}

function readAnswer() {
  let end;
  while ((end = buffer.subarray(0, filled).indexOf('\r\n\r\n')) < 0) fill();
  const lines = buffer.latin1Slice(0, end).split('\r\n');
  const headers = Object.create(null);
  for (let i = 1; i < lines.length; ++i) {
    const colon = lines[i].indexOf(':');
    headers[lines[i].slice(0, colon).toLowerCase()] = lines[i].slice(colon + 1).trim();
  }
  const start = end + 4;
  const size = Number(headers['content-length'] || 0);
  while (filled < start + size) fill();
  const body = buffer.utf8Slice(start, start + size);
  buffer.copyWithin(0, start + size, filled);
  filled -= start + size;
  return { headers, body };
}

function post(place, text, then, headers = '') {
  const body = Buffer.from(text);
  const head = `POST ${API}${place} HTTP/1.1\r\nHost: runtime\r\n${headers}Content-Length: ${body.length}\r\n\r\n`;
  write(Buffer.concat([Buffer.from(head, 'latin1'), body, Buffer.from(then, 'latin1')]));
}

// Lines of output: one event each, however many lines the text has.
function print(text) {
  const bytes = Buffer.from(text.replace(/\n/g, '\r') + '\n');
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(1, bytes, at);
}

const json = env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const threshold = json ? LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL || 'INFO') : -1;

function log(level, parts) {
  if (LEVELS.indexOf(level) < threshold) return;
  const timestamp = new Date().toISOString();
  if (!json) return print(`${timestamp}\t${requestId}\t${level}\t${util.format(...parts)}`);
  const message = parts.length === 1 && typeof parts[0] === 'object' ? parts[0] : util.format(...parts);
  try {
    print(JSON.stringify({ timestamp, level, requestId, message }));
  } catch {
    print(JSON.stringify({ timestamp, level, requestId, message: util.format(...parts) }));
  }
}

console.log = console.info = (...parts) => log('INFO', parts);
console.debug = (...parts) => log('DEBUG', parts);
console.warn = (...parts) => log('WARN', parts);
console.error = (...parts) => log('ERROR', parts);
console.trace = (...parts) => log('TRACE', [new Error(util.format(...parts)).stack.replace(/^Error/, 'Trace')]);

function shapeOf(error) {
  if (error !== null && typeof error === 'object' && (error instanceof Error || typeof error.stack === 'string')) {
    return {
      errorType: String(error.name || 'Error'),
      errorMessage: String(error.message === undefined ? '' : error.message),
      trace: String(error.stack || '').split('\n'),
    };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function typeHeader(shape) {
  return `Lambda-Runtime-Function-Error-Type: ${shape.errorType.replace(/[^\x20-\x7e]/g, '_')}\r\n`;
}

function logError(title, error, shape) {
  const rest = {};
  if (error !== null && typeof error === 'object') for (const key of Object.keys(error)) rest[key] = error[key];
  let text;
  try {
    text = JSON.stringify({ errorType: shape.errorType, errorMessage: shape.errorMessage, ...rest, stack: shape.trace });
  } catch {
    text = JSON.stringify({ errorType: shape.errorType, errorMessage: shape.errorMessage, stack: shape.trace });
  }
  print(`${new Date().toISOString()}\t${requestId}\tERROR\t${title}\t${text}`);
}

function fatal(title, error, status) {
  const shape = shapeOf(error);
  logError(title, error, shape);
  const place = requestId === undefined ? 'init/error' : `invocation/${requestId}/error`;
  post(place, JSON.stringify(shape), '', typeHeader(shape));
  process.reallyExit(status);
}

function named(name, message, cause) {
  const error = new Error(message);
  error.name = name;
  if (cause) error.stack = cause.stack.replace(/^\w*Error/, name);
  return error;
}

// The handler: "folder/file.export.nested" below /var/task.
async function load() {
  const root = env.LAMBDA_TASK_ROOT;
  const full = env._HANDLER || '';
  const file = path.basename(full);
  const dot = file.indexOf('.');
  if (dot <= 0 || full.includes('..')) throw named('Runtime.MalformedHandlerName', 'Bad handler');
  const stem = path.resolve(root, full.slice(0, full.length - file.length), file.slice(0, dot));
  const found = ['', '.js', '.mjs', '.cjs'].map((end) => stem + end).find((each) => fs.existsSync(each) && fs.statSync(each).isFile());
  let module;
  try {
    if (found && found.endsWith('.mjs')) {
      module = await import(require('url').pathToFileURL(found));
    } else {
      try {
        module = require(found || stem);
      } catch (error) {
        if (!found || !isModuleSyntax(error)) throw error;
        module = await import(require('url').pathToFileURL(found));
      }
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', String(error), error);
    if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND')) {
      const shown = found ? error.message : `Cannot find module '${file.slice(0, dot)}'\nRequire stack:\n- /var/runtime/index.mjs`;
      throw named('Runtime.ImportModuleError', `Error: ${shown}`, error);
    }
    throw error;
  }
  let handler = module;
  for (const name of file.slice(dot + 1).split('.')) handler = handler === undefined || handler === null ? undefined : handler[name];
  if (handler === undefined && module.default) {
    handler = module.default;
    for (const name of file.slice(dot + 1).split('.')) handler = handler === undefined || handler === null ? undefined : handler[name];
  }
  if (handler === undefined) throw named('Runtime.HandlerNotFound', `${full} is undefined or not exported`);
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${full} is not a function`);
  return handler;
}

function isModuleSyntax(error) {
  return error.code === 'ERR_REQUIRE_ESM' || error.code === 'ERR_REQUIRE_ASYNC_MODULE';
}

function contextOf(headers, settle) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  const context = {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed('lambda-runtime-client-context'),
    identity: parsed('lambda-runtime-cognito-identity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: (error, result) => settle(error, result),
    fail: (error) => settle(error === undefined || error === null ? 'handled' : error),
    succeed: (result) => settle(null, result),
  };
  return context;
}

// Response streaming: a handler marked by streamifyResponse writes its response piece by piece.
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const PRELUDE_TYPE = 'application/vnd.awslambda.http-integration-response';

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[STREAMING] = 'response';
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType(PRELUDE_TYPE);
      stream.before = Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]);
      return stream;
    },
  },
};

function newResponseStream() {
  const { Writable } = require('stream');
  let begun = false;
  const chunk = (bytes) => {
    if (bytes.length === 0) return;
    write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
  };
  const begin = () => {
    if (begun) return;
    begun = true;
    write(Buffer.from(`POST ${API}invocation/${requestId}/response HTTP/1.1\r\nHost: runtime\r\n` +
      `Content-Type: ${stream.contentType}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n` +
      'Transfer-Encoding: chunked\r\n' +
      'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n', 'latin1'));
    if (stream.before) chunk(stream.before);
  };
  const stream = new Writable({
    write(bytes, encoding, done) {
      try {
        begin();
        chunk(typeof bytes === 'string' ? Buffer.from(bytes, encoding) : bytes);
        done();
      } catch (error) {
        done(error);
      }
    },
    final(done) {
      begin();
      done();
    },
  });
  stream.contentType = 'application/octet-stream';
  stream.setContentType = (type) => { stream.contentType = String(type).replace(/[\r\n]/g, ''); };
  stream.hasBegun = () => begun;
  stream.close = (shape) => write(Buffer.from(shape === undefined ? '0\r\n\r\n'
    : `0\r\n${typeHeader(shape)}Lambda-Runtime-Function-Error-Body: ` +
      `${Buffer.from(JSON.stringify(shape)).toString('base64')}\r\n\r\n`, 'latin1'));
  return stream;
}

// The handler is done when its promise is settled and its stream has ended, or nothing is left to do.
async function invokeStreaming(handler, event, headers) {
  const stream = newResponseStream();
  try {
    const ended = new Promise((resolve, reject) => {
      stream.on('finish', resolve);
      stream.on('error', reject);
    });
    ended.catch(() => {});
    await handler(event, stream, contextOf(headers, () => {}));
    whenIdle = () => stream.end();
    await ended;
    stream.close();
  } catch (error) {
    const shape = shapeOf(error);
    logError('Invoke Error ', error, shape);
    if (stream.hasBegun()) stream.close(shape);
    else post(`invocation/${requestId}/error`, JSON.stringify(shape), '', typeHeader(shape));
  }
  write(Buffer.from(NEXT, 'latin1'));
}

// Settles as the handler does: by promise at once, by callback once nothing is left to do.
let whenIdle = null;

function invoke(handler, event, headers) {
  return new Promise((resolve, reject) => {
    let settled = false;
    let context;
    const settle = (error, result) => {
      if (settled) return;
      settled = true;
      const finish = () => (error !== null && error !== undefined ? reject(error) : resolve(result));
      if (context.callbackWaitsForEmptyEventLoop) whenIdle = finish;
      else finish();
    };
    context = contextOf(headers, settle);
    const answer = handler(event, context, settle);
    if (answer !== null && typeof answer === 'object' && typeof answer.then === 'function') {
      settled = true;
      answer.then(resolve, reject);
    } else if (!settled) {
      whenIdle = () => resolve(null);  // unless the callback is called before the event loop is empty
    }
  });
}

process.on('beforeExit', () => {
  const finish = whenIdle;
  whenIdle = null;
  if (finish) finish();
});
process.on('uncaughtException', (error) => fatal('Uncaught Exception ', error, 129));
process.on('unhandledRejection', (reason) => {
  const shape = shapeOf(reason);
  fatal('Unhandled Promise Rejection ', named('Runtime.UnhandledPromiseRejection', shape.errorType === 'string' ? shape.errorMessage : `${shape.errorType}: ${shape.errorMessage}`, reason && reason.stack ? reason : undefined), 128);
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

(async () => {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    fatal('Uncaught Exception ', error, 1);
  }
  write(Buffer.from(NEXT, 'latin1'));
  while (true) {
    const { headers, body } = readAnswer();
    requestId = headers['lambda-runtime-aws-request-id'];
    if (requestId === undefined) return void setInterval(() => {}, 1 << 30);  // nothing follows but SIGTERM
    if (headers['lambda-runtime-trace-id']) env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    whenIdle = null;
    if (handler[STREAMING]) {
      await invokeStreaming(handler, body.length ? JSON.parse(body) : {}, headers);
      await turn();
      readAnswer();
      continue;
    }
    let place = 'response';
    let extra = '';
    let text;
    try {
      const result = await invoke(handler, body.length ? JSON.parse(body) : {}, headers);
      text = JSON.stringify(result === undefined ? null : result);
      if (text === undefined) text = 'null';
    } catch (error) {
      const shape = shapeOf(error);
      logError('Invoke Error ', error, shape);
      place = 'error';
      extra = typeHeader(shape);
      text = JSON.stringify(shape);
    }
    post(`invocation/${requestId}/${place}`, text, NEXT, extra);
    await turn();
    readAnswer();
  }
})();
)js";

}  // namespace cumulet::lambda
