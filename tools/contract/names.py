"""AWS's names as C++ identifiers.

Treatment of clashes, everywhere the same: a keyword, a macro of the standard headers, or a name that the generated
namespace needs for itself (Api, Client, service) gets a trailing underscore; a character that no identifier may hold
becomes an underscore; a leading digit gets an underscore before it.
"""

import re

KEYWORDS = frozenset("""
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl
concept const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do
double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace
new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return
short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef
typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq
""".split())

MACROS = frozenset("""
NULL EOF NAN INFINITY DOMAIN OVERFLOW UNDERFLOW SING PLOSS TLOSS BUFSIZ RAND_MAX EXIT_SUCCESS EXIT_FAILURE CHAR_BIT
CHAR_MIN CHAR_MAX INT_MIN INT_MAX LONG_MIN LONG_MAX TRUE FALSE DEBUG NDEBUG errno stdin stdout stderr assert major
minor makedev unix linux EPERM EACCES EAGAIN EINVAL EBUSY EEXIST ENOENT EIO I signals
""".split())

TAKEN_IN_NAMESPACE = frozenset(["Api", "Client", "service", "tables", "std", "cumulet", "aws"])
TAKEN_IN_STRUCT = frozenset(["std", "cumulet", "aws"])
TAKEN_IN_ERROR = TAKEN_IN_STRUCT | {"code", "query_code", "message", "status", "sender_fault", "shape", "self", "what"}
TAKEN_IN_API = frozenset(["resource_of", "resource_policy"])


def identifier(name, taken=frozenset()):
    """`name` as a C++ identifier that is neither keyword nor macro nor one of `taken`."""
    text = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not text or text[0].isdigit():
        text = "_" + text
    if text in KEYWORDS or text in MACROS or text in taken:
        text += "_"
    return text


def snake_case(name):
    """ListObjectsV2 -> list_objects_v2, GetQueueUrl -> get_queue_url, CreateDBInstance -> create_db_instance."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", text)
    text = re.sub(r"_[Vv]_?(\d+)$", r"_v\1", text)
    return identifier(text.lower().replace("-", "_"), TAKEN_IN_API)


def quoted(text):
    """`text` as a C++ string literal."""
    out = []
    for byte in text.encode():
        if byte in b'"\\':
            out.append("\\" + chr(byte))
        elif byte == ord("?"):
            out.append("\\?")
        elif 32 <= byte < 127:
            out.append(chr(byte))
        else:
            out.append("\\%03o" % byte)
    return '"' + "".join(out) + '"'
