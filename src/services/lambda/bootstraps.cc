#include "services/lambda/bootstraps.h"

#include <fstream>

#include "services/lambda/bootstrap/java.h"
#include "services/lambda/bootstrap/node.h"
#include "services/lambda/bootstrap/python.h"
#include "services/lambda/bootstrap/ruby.h"
#include "services/lambda/bootstrap/supervise.h"
#include "services/lambda/sandbox/process.h"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

constexpr auto longest_compilation = std::chrono::seconds(60);

}  // namespace

void write_bootstraps(const fs::path& folder) {
    fs::create_directories(folder / "java-sources");
    std::ofstream(folder / "bootstrap.cjs") << node_bootstrap;
    std::ofstream(folder / "bootstrap.py") << python_bootstrap;
    std::ofstream(folder / "bootstrap.rb") << ruby_bootstrap;
    std::ofstream(folder / "supervise.sh") << supervise_script;
    std::ofstream(folder / "java-sources/Bootstrap.java") << java_bootstrap;
    std::ofstream(folder / "java-sources/Json.java") << java_json;
    std::error_code ignored;
    fs::remove_all(folder / "java", ignored);  // of an earlier version perhaps
}

void compile_java(const fs::path& folder, const std::string& javac) {
    const auto classes = folder / "java";
    if (fs::exists(classes)) return;
    const auto half_done = folder / "java-half-done";
    fs::remove_all(half_done);
    const int status = run_quietly({javac, "-proc:none", "-d", half_done, folder / "java-sources/Bootstrap.java",
                                    folder / "java-sources/Json.java"},
                                   longest_compilation);
    if (status != 0) throw std::runtime_error(fmt::format("{} could not compile the runtime of Java functions", javac));
    fs::rename(half_done, classes);
}

}  // namespace cumulet::lambda
