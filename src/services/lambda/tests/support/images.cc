#include "services/lambda/tests/support/images.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "base/hash.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view engine_script = R"py(#!/usr/bin/python3 -S
import json, os, sys, tarfile
home = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
with open(home + '/calls', 'a') as calls:
    print(*words, file=calls)

def load(name):
    try:
        with open(f'{home}/{name}') as file:
            return json.load(file)
    except FileNotFoundError:
        return {}

def save(name, value):
    with open(f'{home}/{name}', 'w') as file:
        json.dump(value, file)

def find(name):
    for known, image in load('images').items():
        if name in (known, image['Id']):
            return image

def fail(*why):
    print('Error:', *why, file=sys.stderr)
    sys.exit(125)

if words[:2] == ['image', 'inspect']:
    image = find(words[2])
    if not image:
        print('[]')
        fail('no such image', words[2])
    json.dump([{key: value for key, value in image.items() if key != 'root'}], sys.stdout)
elif words[:2] == ['pull', '--quiet']:
    found = load('registry').get(words[2])
    if not found:
        fail('manifest unknown', words[2])
    save('images', load('images') | {words[2]: found})
elif words[:2] == ['create', '--name']:
    image = find(words[3])
    containers = load('containers')
    if not image or words[2] in containers or len(words) < 5:
        fail('cannot create', *words)
    save('containers', containers | {words[2]: image['Id']})
elif words[0] == 'export':
    image = find(load('containers')[words[1]])
    with tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=tarfile.PAX_FORMAT) as archive:
        archive.add(image['root'], arcname='')
elif words[:2] == ['rm', '--force']:
    containers = load('containers')
    containers.pop(words[2], None)
    save('containers', containers)
elif words != ['version']:
    fail('unknown', *words)
)py";

// The Runtime API over bash's own sockets.
constexpr std::string_view bootstrap = R"sh(#!/bin/bash
host=${AWS_LAMBDA_RUNTIME_API%:*}
port=${AWS_LAMBDA_RUNTIME_API#*:}
words=$*
call() {
    exec 9<>"/dev/tcp/$host/$port"
    printf '%s /2018-06-01/runtime/invocation/%s HTTP/1.1\r\nHost: runtime\r\nContent-Length: %s\r\n\r\n%s' \
        "$1" "$2" "${#3}" "$3" >&9
    length=0
    while IFS= read -r line <&9 && line=${line%$'\r'} && [ -n "$line" ]; do
        case ${line,,} in
        lambda-runtime-aws-request-id:*) id=${line#*: } ;;
        content-length:*) length=${line#*: } ;;
        esac
    done
    body=
    [ "$length" = 0 ] || IFS= read -r -N "$length" body <&9
    exec 9>&-
}
while :; do
    call GET next ''
    event=${body#\"}
    answer=$(eval "${event%\"}" 2>&1)
    call POST "$id/response" "\"${answer//$'\n'/ }\""
done
)sh";

json::object read_object(const fs::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    const auto value = parse_json(text.str());
    return value && value->is_object() ? value->get_object() : json::object();
}

/// The program and the libraries that it needs, each where it is on this machine.
void copy_program(const fs::path& program, const fs::path& root) {
    std::vector<fs::path> files{program};
    const auto command = "ldd " + program.string();
    std::unique_ptr<FILE, int (*)(FILE*)> list(::popen(command.c_str(), "r"), ::pclose);
    std::array<char, 1024> line;
    while (list && std::fgets(line.data(), line.size(), list.get())) {
        std::istringstream words(line.data());
        for (std::string word; words >> word;) {
            if (word.starts_with('/')) files.emplace_back(word);
        }
    }
    for (const auto& file : files) {
        const auto place = root / file.relative_path();
        fs::create_directories(place.parent_path());
        fs::copy_file(file, place, fs::copy_options::overwrite_existing);
    }
}

}  // namespace

ScriptedEngine::ScriptedEngine() { folder_.write("engine", engine_script, true); }

std::string ScriptedEngine::put(const std::string& list, const std::string& name, const fs::path& root,
                                const json::object& config) {
    const auto id = "sha256:" + sha256_hex(fmt::format("{} {}", name, ++serial_));
    const auto digest = "sha256:" + sha256_hex("digest of " + id);
    const auto repository = name.substr(0, name.rfind(':'));
    auto images = read_object(folder_.path() / list);
    images[name] = json::object{{"Id", id},         {"RepoDigests", json::array{repository + "@" + digest}},
                                {"Os", "linux"},    {"Size", 1 << 20},
                                {"Config", config}, {"root", root.string()}};
    std::ofstream(folder_.path() / list) << json::serialize(images);
    return id;
}

std::string ScriptedEngine::add(const std::string& name, const fs::path& root, const json::object& config) {
    return put("images", name, root, config);
}

std::string ScriptedEngine::publish(const std::string& name, const fs::path& root, const json::object& config) {
    return put("registry", name, root, config);
}

void ScriptedEngine::forget(const std::string& name) {
    auto images = read_object(folder_.path() / "images");
    images.erase(name);
    std::ofstream(folder_.path() / "images") << json::serialize(images);
}

std::vector<std::string> ScriptedEngine::calls() const {
    std::ifstream file(folder_.path() / "calls");
    std::vector<std::string> calls;
    for (std::string line; std::getline(file, line);) calls.push_back(line);
    return calls;
}

ShellImage::ShellImage() {
    copy_program("/bin/bash", root());
    write("bootstrap", bootstrap, true);
    write("greeting", "hello");
    fs::create_directories(root() / "work");
}

json::object ShellImage::config() {
    return {{"Entrypoint", json::array{"/bootstrap"}},
            {"Cmd", json::array{"app.handler"}},
            {"Env", json::array{"PATH=/bin:/opt/bin", "COLOUR=blue", "SHAPE=round"}},
            {"WorkingDir", "/work"}};
}

}  // namespace cumulet::lambda
