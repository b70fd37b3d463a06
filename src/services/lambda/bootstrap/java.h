// The runtime of java* functions: compiled by the host's javac when the first of them starts, run by its java. It finds
// the Runtime API by its address, and AWS's interfaces (com.amazonaws.services.lambda.runtime) in the function's own
// package, by reflection.
#pragma once

#include <string_view>

namespace cumulet::lambda {

inline constexpr std::string_view java_bootstrap = R"java(package cumulet;

import java.io.*;
import java.lang.reflect.*;
import java.net.Socket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.util.*;

/** Loads the handler, and gives it one event after another. */
public final class Bootstrap {
    static final String API = "/2018-06-01/runtime/";
    static final String INTERFACES = "com.amazonaws.services.lambda.runtime.";
    static final PrintStream LOG = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);

    interface Invocation {
        byte[] answer(byte[] event, Map<String, String> headers) throws Throwable;
    }

    static ClassLoader loader;
    static DataInputStream in;
    static OutputStream out;

    public static void main(String[] arguments) throws Exception {
        System.setOut(LOG);
        System.setErr(LOG);
        String[] address = System.getenv("AWS_LAMBDA_RUNTIME_API").split(":");
        Socket socket = new Socket(address[0], Integer.parseInt(address[1]));
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        out = socket.getOutputStream();
        Invocation handler = null;
        try {
            loader = new URLClassLoader(classPath());
            Thread.currentThread().setContextClassLoader(loader);
            handler = find(System.getenv("_HANDLER"));
        } catch (Throwable failure) {
            fail("init/error", failure instanceof InvocationTargetException ? failure.getCause() : failure);
            Runtime.getRuntime().halt(1);
        }
        while (true) {
            Map<String, String> headers = new HashMap<>();
            byte[] event = ask("GET", "invocation/next", null, "", headers);
            String id = headers.get("lambda-runtime-aws-request-id");
            if (id == null) Thread.sleep(Long.MAX_VALUE); // nothing follows but SIGTERM
            if (headers.get("lambda-runtime-trace-id") != null)
                System.setProperty("com.amazonaws.xray.traceHeader", headers.get("lambda-runtime-trace-id"));
            try {
                byte[] answer = handler.answer(event, headers);
                ask("POST", "invocation/" + id + "/response", answer, "", new HashMap<>());
            } catch (Throwable failure) {
                while (failure instanceof InvocationTargetException && failure.getCause() != null) failure = failure.getCause();
                fail("invocation/" + id + "/error", failure);
                if (failure instanceof VirtualMachineError) Runtime.getRuntime().halt(1);
            }
        }
    }

    // ---- The Runtime API ----

    static byte[] ask(String method, String path, byte[] body, String extra, Map<String, String> headers) throws IOException {
        byte[] head = (method + " " + API + path + " HTTP/1.1\r\nHost: runtime\r\n" + extra + "Content-Length: "
            + (body == null ? 0 : body.length) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
        ByteArrayOutputStream whole = new ByteArrayOutputStream(head.length + (body == null ? 0 : body.length));
        whole.write(head);
        if (body != null) whole.write(body);
        out.write(whole.toByteArray());
        line();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
        }
        byte[] answer = new byte[Integer.parseInt(headers.getOrDefault("content-length", "0"))];
        in.readFully(answer);
        return answer;
    }

    static String line() throws IOException {
        StringBuilder text = new StringBuilder();
        for (int next = in.read(); next != '\n'; next = in.read()) {
            if (next < 0) Runtime.getRuntime().halt(0);
            if (next != '\r') text.append((char) next);
        }
        return text.toString();
    }

    static void fail(String path, Throwable failure) throws IOException {
        Map<String, Object> shape = shapeOf(failure);
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace, true));
        LOG.println(trace.toString().strip().replace('\n', '\r'));
        String type = failure.getClass().getName().replaceAll("[^ -~]", "_");
        ask("POST", path, Json.text(shape).getBytes(StandardCharsets.UTF_8),
            "Lambda-Runtime-Function-Error-Type: " + type + "\r\n", new HashMap<>());
    }

    static Map<String, Object> shapeOf(Throwable failure) {
        Map<String, Object> shape = new LinkedHashMap<>();
        shape.put("errorMessage", failure.getMessage() == null ? failure.getClass().getName() : failure.getMessage());
        shape.put("errorType", failure.getClass().getName());
        List<String> trace = new ArrayList<>();
        for (StackTraceElement element : failure.getStackTrace()) {
            if (element.getClassName().startsWith("cumulet.Bootstrap")) break;
            if (!element.getClassName().startsWith("jdk.internal.reflect")) trace.add(element.toString());
        }
        shape.put("stackTrace", trace);
        if (failure.getCause() != null && failure.getCause() != failure) shape.put("cause", shapeOf(failure.getCause()));
        return shape;
    }

    // ---- The handler ----

    /** The code's folder, the archives in its lib, and those of layers. */
    static URL[] classPath() throws IOException {
        List<URL> urls = new ArrayList<>();
        String root = System.getenv("LAMBDA_TASK_ROOT");
        String layers = System.getenv().getOrDefault("CUMULET_LAYERS", "/opt");
        urls.add(new File(root + "/").toURI().toURL());
        for (String folder : new String[] {root, root + "/lib", layers + "/java/lib"}) {
            File[] archives = new File(folder).listFiles((where, name) -> name.endsWith(".jar"));
            if (archives == null) continue;
            Arrays.sort(archives);
            for (File archive : archives) urls.add(archive.toURI().toURL());
        }
        return urls.toArray(new URL[0]);
    }

    /** "package.Class::method" or "package.Class", which then implements one of AWS's interfaces. */
    static Invocation find(String name) throws Exception {
        int mark = name.indexOf("::");
        Class<?> type;
        try {
            type = Class.forName(mark < 0 ? name : name.substring(0, mark), true, loader);
        } catch (ClassNotFoundException missing) {
            throw new ClassNotFoundException("Class not found: " + (mark < 0 ? name : name.substring(0, mark)), missing);
        }
        String asked = mark < 0 ? "handleRequest" : name.substring(mark + 2);
        Method method = method(type, asked);
        if (method == null) throw new NoSuchMethodException("No public method named " + asked + " with appropriate method "
            + "signature found on class " + type.getName());
        method.setAccessible(true);
        Object owner = null;
        if (!Modifier.isStatic(method.getModifiers())) {
            Constructor<?> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            owner = constructor.newInstance();
        }
        return invocation(owner, method, argumentTypes(type, method));
    }

    /** The one that takes most; of those, the one that the compiler did not make. */
    static Method method(Class<?> type, String name) {
        Method best = null;
        for (Method each : type.getMethods()) {
            if (!each.getName().equals(name)) continue;
            if (best == null || each.getParameterCount() > best.getParameterCount()
                || (each.getParameterCount() == best.getParameterCount() && best.isBridge() && !each.isBridge())) best = each;
        }
        return best;
    }

    /** A lambda or a generic class implements RequestHandler with types that only its declaration tells. */
    static Type[] argumentTypes(Class<?> type, Method method) {
        Type[] types = method.getGenericParameterTypes();
        for (int i = 0; i < types.length; ++i) {
            if (types[i] instanceof TypeVariable) types[i] = Object.class;
        }
        return types;
    }

    static Invocation invocation(Object owner, Method method, Type[] types) {
        if (types.length >= 2 && types[0] == InputStream.class && types[1] == OutputStream.class) {
            return (event, headers) -> {
                ByteArrayOutputStream written = new ByteArrayOutputStream();
                InputStream read = new ByteArrayInputStream(event);
                if (types.length == 2) method.invoke(owner, read, written);
                else method.invoke(owner, read, written, context(headers));
                return written.toByteArray();
            };
        }
        return (event, headers) -> {
            Object[] arguments = new Object[types.length];
            for (int i = 0; i < types.length; ++i) {
                boolean isContext = types[i].getTypeName().equals(INTERFACES + "Context");
                arguments[i] = isContext ? context(headers)
                    : types[i] == InputStream.class ? new ByteArrayInputStream(event)
                    : Json.to(Json.parse(new String(event, StandardCharsets.UTF_8)), types[i]);
            }
            Object result = method.invoke(owner, arguments);
            return Json.text(result).getBytes(StandardCharsets.UTF_8);
        };
    }

    /** AWS's Context, by the interface that the function's package has. */
    static Object context(Map<String, String> headers) throws ClassNotFoundException {
        Class<?> type = Class.forName(INTERFACES + "Context", true, loader);
        long deadline = Long.parseLong(headers.get("lambda-runtime-deadline-ms"));
        Object client = Json.parse(headers.getOrDefault("lambda-runtime-client-context", "null"));
        return Proxy.newProxyInstance(loader, new Class<?>[] {type}, (proxy, method, arguments) -> switch (method.getName()) {
            case "getAwsRequestId" -> headers.get("lambda-runtime-aws-request-id");
            case "getInvokedFunctionArn" -> headers.get("lambda-runtime-invoked-function-arn");
            case "getLogGroupName" -> System.getenv("AWS_LAMBDA_LOG_GROUP_NAME");
            case "getLogStreamName" -> System.getenv("AWS_LAMBDA_LOG_STREAM_NAME");
            case "getFunctionName" -> System.getenv("AWS_LAMBDA_FUNCTION_NAME");
            case "getFunctionVersion" -> System.getenv("AWS_LAMBDA_FUNCTION_VERSION");
            case "getMemoryLimitInMB" -> Integer.parseInt(System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
            case "getRemainingTimeInMillis" -> (int) Math.max(0, deadline - System.currentTimeMillis());
            case "getLogger" -> logger(method.getReturnType());
            case "getClientContext" -> client == null ? null : view(client, method.getReturnType());
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            case "toString" -> "Context of " + headers.get("lambda-runtime-aws-request-id");
            default -> null;
        });
    }

    static Object logger(Class<?> type) {
        return Proxy.newProxyInstance(loader, new Class<?>[] {type}, (proxy, method, arguments) -> {
            if (!method.getName().equals("log")) return null;
            Object text = arguments[0];
            String line = text instanceof byte[] ? new String((byte[]) text, StandardCharsets.UTF_8) : String.valueOf(text);
            LOG.println(line.strip().replace('\n', '\r'));
            return null;
        });
    }

    /** An interface of getters over a JSON object. */
    static Object view(Object value, Class<?> type) {
        if (!(value instanceof Map) || !type.isInterface() || type == Map.class) return value;
        return Proxy.newProxyInstance(loader, new Class<?>[] {type}, (proxy, method, arguments) -> {
            String name = method.getName().startsWith("get") ? method.getName().substring(3) : method.getName();
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                if (entry.getKey().toString().replace("_", "").equalsIgnoreCase(name)) return view(entry.getValue(), method.getReturnType());
            }
            return null;
        });
    }
}
)java";

inline constexpr std::string_view java_json = R"java(package cumulet;

import java.lang.reflect.*;
import java.math.*;
import java.util.*;

/** JSON as maps, lists and plain values; and objects of the function's own classes, by their setters and getters. */
final class Json {
    private static final int DEEPEST = 200;
    private final String text;
    private int at;

    private Json(String text) { this.text = text; }

    static Object parse(String text) {
        if (text.isBlank()) return null;
        Json reader = new Json(text);
        Object value = reader.value(0);
        reader.space();
        if (reader.at < text.length()) throw reader.wrong();
        return value;
    }

    private IllegalArgumentException wrong() { return new IllegalArgumentException("The event is not JSON at character " + at); }

    private void space() { while (at < text.length() && text.charAt(at) <= ' ') ++at; }

    private char peek() {
        space();
        if (at >= text.length()) throw wrong();
        return text.charAt(at);
    }

    private boolean take(char wanted) {
        if (peek() != wanted) return false;
        ++at;
        return true;
    }

    private Object value(int depth) {
        if (depth > DEEPEST) throw wrong();
        if (peek() == '{') return object(depth);
        if (peek() == '[') {
            List<Object> list = new ArrayList<>();
            for (++at; !take(']'); ) {
                list.add(value(depth + 1));
                if (!take(',') && peek() != ']') throw wrong();
            }
            return list;
        }
        if (peek() == '"') return string();
        for (String word : new String[] {"true", "false", "null"}) {
            if (!text.startsWith(word, at)) continue;
            at += word.length();
            return word.equals("null") ? null : (Object) word.equals("true");
        }
        return number();
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (++at; !take('}'); ) {
            if (peek() != '"') throw wrong();
            String name = string();
            if (!take(':')) throw wrong();
            map.put(name, value(depth + 1));
            if (!take(',') && peek() != '}') throw wrong();
        }
        return map;
    }

    private Object number() {
        int begin = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) ++at;
        if (begin == at) throw wrong();
        String number = text.substring(begin, at);
        if (number.contains(".") || number.contains("e") || number.contains("E")) return Double.valueOf(number);
        BigInteger whole = new BigInteger(number);
        if (whole.bitLength() < 32) return whole.intValue();
        return whole.bitLength() < 64 ? (Object) whole.longValue() : whole;
    }

    private String string() {
        StringBuilder out = new StringBuilder();
        for (++at; at < text.length(); ) {
            char next = text.charAt(at++);
            if (next == '"') return out.toString();
            if (next != '\\') { out.append(next); continue; }
            char escaped = text.charAt(at++);
            switch (escaped) {
                case 'n' -> out.append('\n');
                case 't' -> out.append('\t');
                case 'r' -> out.append('\r');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'u' -> { out.append((char) Integer.parseInt(text.substring(at, at + 4), 16)); at += 4; }
                default -> out.append(escaped);
            }
        }
        throw wrong();
    }

    // ---- To the function's types ----

    static Object to(Object value, Type type) throws ReflectiveOperationException {
        if (type instanceof ParameterizedType generic) return filled(value, (Class<?>) generic.getRawType(), generic.getActualTypeArguments());
        if (type instanceof WildcardType wild) return to(value, wild.getUpperBounds()[0]);
        return type instanceof Class<?> plain ? filled(value, plain, new Type[0]) : value;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object filled(Object value, Class<?> type, Type[] parts) throws ReflectiveOperationException {
        if (value == null || type == Object.class) return value;
        if (type == String.class) return value instanceof String ? value : text(value);
        if (value instanceof Number number) return number(number, type);
        if (value instanceof String word) {
            if (type.isEnum()) return Enum.valueOf((Class) type, word);
            if (type == char.class || type == Character.class) return word.charAt(0);
            if (Number.class.isAssignableFrom(type) || type.isPrimitive()) return number(new BigDecimal(word), type);
            for (Constructor<?> each : type.getConstructors()) {
                if (each.getParameterCount() == 1 && each.getParameterTypes()[0].isInstance(word)) return each.newInstance(word);
            }
            return type.getMethod("parse", CharSequence.class).invoke(null, word); // as those of java.time
        }
        if (value instanceof Boolean) return value;
        if (value instanceof List<?> list) {
            Type part = type.isArray() ? type.getComponentType() : parts.length > 0 ? parts[0] : Object.class;
            List<Object> each = new ArrayList<>();
            for (Object item : list) each.add(to(item, part));
            if (Set.class.isAssignableFrom(type)) return new LinkedHashSet<>(each);
            if (!type.isArray()) return each;
            Object array = Array.newInstance(type.getComponentType(), each.size());
            for (int i = 0; i < each.size(); ++i) Array.set(array, i, each.get(i));
            return array;
        }
        Map<String, Object> map = (Map<String, Object>) value;
        if (!Map.class.isAssignableFrom(type)) return type.isRecord() ? record(map, type) : bean(map, type);
        Map<Object, Object> typed = new LinkedHashMap<>();
        for (Map.Entry<String, Object> entry : map.entrySet()) typed.put(entry.getKey(), to(entry.getValue(), parts.length > 1 ? parts[1] : Object.class));
        return typed;
    }

    private static Object number(Number number, Class<?> type) {
        if (type == int.class || type == Integer.class) return number.intValue();
        if (type == long.class || type == Long.class) return number.longValue();
        if (type == double.class || type == Double.class) return number.doubleValue();
        if (type == float.class || type == Float.class) return number.floatValue();
        if (type == short.class || type == Short.class) return number.shortValue();
        if (type == byte.class || type == Byte.class) return number.byteValue();
        if (type == BigDecimal.class) return new BigDecimal(number.toString());
        if (type == BigInteger.class) return new BigDecimal(number.toString()).toBigInteger();
        if (type == Date.class) return new Date(number.longValue());
        return number;
    }

    private static Object record(Map<String, Object> map, Class<?> type) throws ReflectiveOperationException {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; ++i) {
            types[i] = components[i].getType();
            values[i] = to(map.get(components[i].getName()), components[i].getGenericType());
        }
        Constructor<?> constructor = type.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    private static Object bean(Map<String, Object> map, Class<?> type) throws ReflectiveOperationException {
        Constructor<?> constructor = type.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object bean = constructor.newInstance();
        for (Method method : type.getMethods()) {
            if (!method.getName().startsWith("set") || method.getParameterCount() != 1 || method.isBridge()) continue;
            for (Map.Entry<String, Object> entry : map.entrySet()) {
                if (!entry.getKey().equalsIgnoreCase(method.getName().substring(3))) continue;
                method.setAccessible(true);
                if (entry.getValue() != null) method.invoke(bean, to(entry.getValue(), method.getGenericParameterTypes()[0]));
            }
        }
        for (Field field : type.getFields()) {
            if (map.get(field.getName()) != null && !Modifier.isFinal(field.getModifiers())) field.set(bean, to(map.get(field.getName()), field.getGenericType()));
        }
        return bean;
    }

    // ---- From them ----

    static String text(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, 0);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value, int depth) {
        if (depth > DEEPEST) throw new IllegalArgumentException("The answer is nested too deep");
        if (value == null || value instanceof Boolean || value instanceof Number) { out.append(value); return; }
        if (value instanceof CharSequence || value instanceof Character || value instanceof Enum) { quote(out, value.toString()); return; }
        if (value instanceof Date date) { out.append(date.getTime()); return; }
        if (value.getClass().isArray()) {
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); ++i) list.add(Array.get(value, i));
            value = list;
        }
        if (value instanceof Iterable<?> each) {
            String before = "[";
            for (Object item : each) { out.append(before); before = ","; write(out, item, depth + 1); }
            out.append(before.equals("[") ? "[]" : "]");
            return;
        }
        String before = "{";
        for (Map.Entry<?, ?> entry : (value instanceof Map<?, ?> map ? map : members(value)).entrySet()) {
            out.append(before);
            before = ",";
            quote(out, String.valueOf(entry.getKey()));
            out.append(':');
            write(out, entry.getValue(), depth + 1);
        }
        out.append(before.equals("{") ? "{}" : "}");
    }

    private static Map<String, Object> members(Object value) {
        Map<String, Object> members = new TreeMap<>();
        try {
            if (value.getClass().isRecord()) {
                members = new LinkedHashMap<>();
                for (RecordComponent component : value.getClass().getRecordComponents()) {
                    component.getAccessor().setAccessible(true);
                    members.put(component.getName(), component.getAccessor().invoke(value));
                }
                return members;
            }
            for (Method method : value.getClass().getMethods()) {
                String name = method.getName();
                int skipped = name.startsWith("get") && name.length() > 3 ? 3 : name.startsWith("is") && name.length() > 2 ? 2 : 0;
                if (skipped == 0 || method.getParameterCount() > 0 || method.getDeclaringClass() == Object.class || Modifier.isStatic(method.getModifiers())) continue;
                method.setAccessible(true);
                members.put(Character.toLowerCase(name.charAt(skipped)) + name.substring(skipped + 1), method.invoke(value));
            }
            for (Field field : value.getClass().getFields()) {
                if (!Modifier.isStatic(field.getModifiers())) members.put(field.getName(), field.get(value));
            }
            return members;
        } catch (ReflectiveOperationException failure) {
            throw new IllegalArgumentException("The answer cannot be read: " + failure.getMessage(), failure);
        }
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); ++i) {
            char next = text.charAt(i);
            if (next == '"' || next == '\\') out.append('\\').append(next);
            else if (next < 0x20) out.append(String.format("\\u%04x", (int) next));
            else out.append(next);
        }
        out.append('"');
    }
}
)java";

}  // namespace cumulet::lambda
