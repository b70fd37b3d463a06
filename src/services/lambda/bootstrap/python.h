// The runtime of python* functions: run by the host's python3, speaks the Runtime API over descriptor 3.
#pragma once

#include <string_view>

namespace cumulet::lambda {

inline constexpr std::string_view python_bootstrap = R"py(import json
import os
import sys
import time

CHANNEL = 3
API = '/2018-06-01/runtime/'
NEXT = f'GET {API}invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n'.encode()
request_id = None
pending = bytearray()


class LambdaContext:
    def __init__(self, headers):
        self.aws_request_id = headers['lambda-runtime-aws-request-id']
        self.invoked_function_arn = headers.get('lambda-runtime-invoked-function-arn')
        self.function_name = os.environ.get('AWS_LAMBDA_FUNCTION_NAME')
        self.function_version = os.environ.get('AWS_LAMBDA_FUNCTION_VERSION')
        self.memory_limit_in_mb = os.environ.get('AWS_LAMBDA_FUNCTION_MEMORY_SIZE')
        self.log_group_name = os.environ.get('AWS_LAMBDA_LOG_GROUP_NAME')
        self.log_stream_name = os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME')
        self.client_context = _client_context(headers.get('lambda-runtime-client-context'))
        self.identity = _Plain(cognito_identity_id=None, cognito_identity_pool_id=None)
        self._epoch_deadline_time_in_ms = int(headers['lambda-runtime-deadline-ms'])

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class _Plain:
    def __init__(self, **members):
        self.__dict__.update(members)

    def __repr__(self):
        return f'{type(self).__name__}({self.__dict__})'


def _client_context(text):
    if not text:
        return None
    content = json.loads(text)
    client = content.get('client') or {}
    names = ('installation_id', 'app_title', 'app_version_name', 'app_version_code', 'app_package_name')
    return _Plain(custom=content.get('custom'), env=content.get('env'), client=_Plain(**{name: client.get(name) for name in names}))


def write(data):
    view = memoryview(data)
    while view:
        view = view[os.write(CHANNEL, view):]


def fill():
    piece = os.read(CHANNEL, 262144)
    if not piece:
        os._exit(0)
    pending.extend(piece)


def read_answer():
    while (end := pending.find(b'\r\n\r\n')) < 0:
        fill()
    headers = {}
    for line in pending[:end].decode('latin-1').split('\r\n')[1:]:
        name, _, value = line.partition(':')
        headers[name.lower()] = value.strip()
    start = end + 4
    size = int(headers.get('content-length', 0))
    while len(pending) < start + size:
        fill()
    body = bytes(pending[start:start + size])
    del pending[:start + size]
    return headers, body


def post(place, text, then=b'', headers=''):
    body = text.encode('utf-8', 'surrogatepass')
    head = f'POST {API}{place} HTTP/1.1\r\nHost: runtime\r\n{headers}Content-Length: {len(body)}\r\n\r\n'
    write(head.encode('latin-1', 'replace') + body + then)


def error_of(error):
    import traceback
    lines = traceback.format_list([frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__])
    return {'errorMessage': str(error), 'errorType': type(error).__name__, 'stackTrace': lines}


def report(shape):
    text = f"[ERROR] {shape['errorType']}: {shape['errorMessage']}"
    if shape['stackTrace']:
        text += '\nTraceback (most recent call last):\n' + ''.join(shape['stackTrace'])
    sys.stdout.write(text.rstrip('\n').replace('\n', '\r') + '\n')
    sys.stdout.flush()


def type_header(shape):
    name = ''.join(letter if ' ' <= letter <= '~' else '_' for letter in shape['errorType'])
    return f'Lambda-Runtime-Function-Error-Type: {name}\r\n'


def fail_init(kind, message, stack=()):
    shape = {'errorMessage': message, 'errorType': kind, 'requestId': '', 'stackTrace': list(stack)}
    report(shape)
    post('init/error', json.dumps(shape), headers=type_header(shape))
    sys.stdout.flush()
    os._exit(1)


def load():
    full = os.environ.get('_HANDLER', '')
    if '.' not in full:
        fail_init('Runtime.MalformedHandlerName', f"Bad handler '{full}': not enough values to unpack (expected 2, got 1)")
    name, function = full.rsplit('.', 1)
    module_name = name.replace('/', '.')
    try:
        import importlib
        module = importlib.import_module(module_name)
    except ImportError as error:
        fail_init('Runtime.ImportModuleError', f"Unable to import module '{name}': {error}")
    except SyntaxError as error:
        stack = [f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").strip()}\n']
        fail_init('Runtime.UserCodeSyntaxError', f"Syntax error in module '{name}': {error}", stack)
    except Exception as error:
        shape = error_of(error)
        hidden = '<frozen importlib'
        fail_init(shape['errorType'], shape['errorMessage'], [line for line in shape['stackTrace'] if hidden not in line and 'importlib/__init__' not in line])
    handler = getattr(module, function, None)
    if handler is None:
        fail_init('Runtime.HandlerNotFound', f"Handler '{function}' missing on module '{name}'")
    return handler


# The root logger writes AWS's line format from the moment logging is imported; importing it costs, so only if used.
class _LoggingSetup:
    def find_spec(self, name, path=None, target=None):
        if name != 'logging':
            return None
        sys.meta_path.remove(self)
        import importlib.util
        spec = importlib.util.find_spec('logging')
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            set_up_logging(module)

        spec.loader.exec_module = exec_module
        return spec


def set_up_logging(logging):
    as_json = os.environ.get('AWS_LAMBDA_LOG_FORMAT') == 'JSON'

    class Handler(logging.Handler):
        def emit(self, record):
            sys.stdout.write(self.format(record).replace('\n', '\r') + '\n')

    class WithRequest(logging.Filter):
        def filter(self, record):
            record.aws_request_id = request_id
            return True

    class Json(logging.Formatter):
        def format(self, record):
            line = {'timestamp': self.formatTime(record, self.datefmt), 'level': record.levelname, 'message': record.getMessage(),
                    'logger': record.name, 'requestId': request_id}
            if record.exc_info:
                line['errorType'] = record.exc_info[0].__name__
                line['errorMessage'] = str(record.exc_info[1])
                line['stackTrace'] = self.formatException(record.exc_info).split('\n')
            return json.dumps(line, default=str)

    handler = Handler()
    kind = Json if as_json else logging.Formatter
    form = '[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s'
    formatter = kind(None if as_json else form, '%Y-%m-%dT%H:%M:%SZ' if as_json else '%Y-%m-%dT%H:%M:%S')
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(WithRequest())
    logging.getLogger().addHandler(handler)
    if as_json:
        logging.getLogger().setLevel(os.environ.get('AWS_LAMBDA_LOG_LEVEL', 'INFO').replace('TRACE', 'DEBUG').replace('FATAL', 'CRITICAL'))


def marshal(value):
    def default(other):
        from decimal import Decimal
        if isinstance(other, Decimal):
            return float(other)
        raise TypeError(f'Object of type {type(other).__name__} is not JSON serializable')

    return json.dumps(value, default=default, ensure_ascii=False)


def answer(handler, headers, body):
    try:
        event = json.loads(body) if body else {}
    except ValueError as error:
        return 'error', {'errorMessage': f'Unable to unmarshal input: {error}', 'errorType': 'Runtime.UnmarshalError',
                         'requestId': request_id, 'stackTrace': []}
    try:
        result = handler(event, LambdaContext(headers))
    except Exception as error:
        return 'error', {**error_of(error), 'requestId': request_id}
    try:
        return 'response', marshal(result)
    except Exception as error:
        return 'error', {'errorMessage': f'Unable to marshal response: {error}', 'errorType': 'Runtime.MarshalError',
                         'requestId': request_id, 'stackTrace': []}


def main():
    global request_id
    root = os.environ['LAMBDA_TASK_ROOT']
    sys.path[0] = root
    layers = os.environ.pop('CUMULET_LAYERS', '/opt') + '/python'
    version = f'python{sys.version_info[0]}.{sys.version_info[1]}'
    sys.path[1:1] = [each for each in (root + '/lib', f'{layers}/lib/{version}/site-packages', layers) if os.path.isdir(each)]
    sys.path += [each for each in ('/usr/lib/python3/dist-packages',) if os.path.isdir(each)]
    sys.stdout.reconfigure(line_buffering=True)
    sys.meta_path.insert(0, _LoggingSetup())
    handler = load()
    write(NEXT)
    while True:
        headers, body = read_answer()
        if 'lambda-runtime-aws-request-id' not in headers:
            while True:  # nothing follows but SIGTERM
                time.sleep(3600)
        request_id = headers['lambda-runtime-aws-request-id']
        if headers.get('lambda-runtime-trace-id'):
            os.environ['_X_AMZN_TRACE_ID'] = headers['lambda-runtime-trace-id']
        place, content = answer(handler, headers, body)
        extra = ''
        if place == 'error':
            report(content)
            extra = type_header(content)
            content = json.dumps(content)
        sys.stdout.flush()
        sys.stderr.flush()
        post(f'invocation/{request_id}/{place}', content, NEXT, extra)
        read_answer()


main()
)py";

}  // namespace cumulet::lambda
