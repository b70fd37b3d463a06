#include "store/tests/support/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cumulet::store::test {
namespace {

namespace fs = std::filesystem;

fs::path find_programs() {
    std::set<fs::path> found;
    std::error_code absent;
    for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", absent)) {
        if (fs::exists(version.path() / "bin" / "initdb")) found.insert(version.path() / "bin");
    }
    if (found.empty()) throw std::runtime_error("PostgreSQL is not installed: apt-get install postgresql");
    return *found.rbegin();
}

/// PostgreSQL refuses to run as root.
const passwd* other_user() { return geteuid() == 0 ? getpwnam("postgres") : nullptr; }

/// Starts a program that ends when this one does.
pid_t start_program(const std::vector<std::string>& words, const fs::path& log) {
    const auto* user = other_user();
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child != 0) return child;
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(output, 1);
    dup2(output, 2);
    if (user && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)) _exit(127);
    prctl(PR_SET_PDEATHSIG, SIGINT);
    if (getppid() != parent || chdir("/") != 0) _exit(127);
    execv(arguments[0], arguments.data());
    _exit(127);
}

}  // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer() {
    const auto programs = find_programs();
    if (const auto* user = other_user()) {
        if (chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("chown failed");
    }
    const pid_t making = start_program({programs / "initdb", "-D", folder_.path() / "data", "-U", "cumulet", "-A",
                                        "trust", "-E", "UTF8", "--locale=C", "--no-sync"},
                                       folder_.path() / "initdb.log");
    int status = 0;
    waitpid(making, &status, 0);
    if (status != 0) throw std::runtime_error("initdb failed");
    start(programs);
}

PostgresServer::~PostgresServer() {
    if (process_ < 0) return;
    kill(process_, SIGINT);
    waitpid(process_, nullptr, 0);
}

void PostgresServer::start(const fs::path& programs) {
    process_ = start_program({programs / "postgres", "-D", folder_.path() / "data", "-k", folder_.path(), "-c",
                              "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"},
                             folder_.path() / "server.log");
    wait_until_it_answers();
}

void PostgresServer::wait_until_it_answers() {
    for (int attempt = 0; attempt < 600; ++attempt) {
        if (PQping(connection("postgres").c_str()) == PQPING_OK) return;
        if (waitpid(process_, nullptr, WNOHANG) != 0) break;
        usleep(50'000);
    }
    throw std::runtime_error("the PostgreSQL server does not start");
}

std::string PostgresServer::connection(const std::string& database) const {
    return fmt::format("host={} user=cumulet dbname={}", folder_.path().string(), database);
}

std::string PostgresServer::create_database() {
    const auto name = fmt::format("test{}", ++databases_);
    execute(connection("postgres"), "CREATE DATABASE " + name);
    return connection(name);
}

void PostgresServer::execute(const std::string& connection, const std::string& sql) {
    PGconn* link = PQconnectdb(connection.c_str());
    PGresult* result = PQexec(link, sql.c_str());
    const bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    const std::string error = PQerrorMessage(link);
    PQclear(result);
    PQfinish(link);
    if (!done) throw std::runtime_error(error);
}

}  // namespace cumulet::store::test
