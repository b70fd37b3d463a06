#include "main/cloud.h"

#include <unistd.h>

#include "main/kept_clock.h"
#include "main/services.h"
#include "net/reactors.h"
#include "net/server.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/rocksdb/rocksdb_store.h"

namespace cumulet {
namespace {

constexpr auto stop_grace = std::chrono::seconds(10);
constexpr size_t blocking_threads = 8;  // for files and processes; they sleep when there is nothing to do

/// A folder that lives as long as the process: where an ephemeral cloud keeps its blobs.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        auto pattern = (std::filesystem::temp_directory_path() / "cumulet-XXXXXX").string();
        if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot create a temporary folder");
        path_ = pattern;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

std::unique_ptr<store::Store> open_store(const ServeOptions& options) {
    switch (options.engine) {
        case Engine::memory: return store::open_memory_store();
        case Engine::postgres: return store::open_postgres_store({.connection = options.postgres});
        case Engine::rocksdb: break;
    }
    auto rocks = options.rocks;
    if (options.durability == Durability::interval) rocks.durability = store::RocksOptions::Durability::interval;
    return store::open_rocksdb_store(options.data / "store", rocks);
}

net::ServerOptions server_options(const ServeOptions& options, const std::filesystem::path& folder,
                                  const dispatch::Door& door, Services& services) {
    net::ServerOptions server;
    server.listen = options.listen;
    if (options.tls) server.tls = net::TlsOptions{options.certificate, options.key, folder / "tls"};
    server.stream_body = [&door](const http::Request& head) { return door.wants_stream(head); };
    server.asks_certificate = [&services](std::string host_name) {
        return services.asks_certificate(std::move(host_name));
    };
    return server;
}

/// Prometheus lines of the store.
void append_store_metrics(std::string& out, const store::Store& store) {
    const auto statistics = store.statistics();
    const auto line = [&](std::string_view name, std::string_view kind, uint64_t value) {
        out += fmt::format("# TYPE cumulet_store_{0} {1}\ncumulet_store_{0}{{engine=\"{2}\"}} {3}\n", name, kind,
                           store.engine(), value);
    };
    line("commits_total", "counter", statistics.commits);
    line("conflicts_total", "counter", statistics.conflicts);
    line("groups_total", "counter", statistics.groups);
    line("keys", "gauge", statistics.keys);
    line("memory_bytes", "gauge", statistics.memory_bytes);
}

}  // namespace

struct Cloud::Parts {
    explicit Parts(ServeOptions given)
        : options(std::move(given)),
          temporary(options.engine == Engine::rocksdb ? nullptr : std::make_unique<TemporaryFolder>()),
          folder(options.engine == Engine::memory ? temporary->path() : options.data),
          threads(blocking_threads),
          reactors(clock, options.reactors),
          store(open_store(options)),
          packages(open_blobs("packages")),
          objects(open_blobs("objects")),
          door(options.door, clock),
          services({*store, *packages, *objects, door, threads, clock, metrics, functions_folder(), exclusive(),
                    options.queues, options.table_throttling, options.functions}),
          server(reactors.reactors(), server_options(options, folder, door, services),
                 [this](http::Request request) { return door.serve(std::move(request)); }) {
        door.set_clock_keeper([this](Clock::Setting setting) { return keep_clock(*store, setting); });
        door.add_metrics([this](std::string& out) { append_store_metrics(out, *store); });
    }

    /// Goes on from where the clock stood when it was last moved.
    Task<void> restore_clock() {
        if (const auto kept = co_await find_kept_clock(*store)) clock.restore(*kept);
        if (options.clock_factor) clock.set_factor(*options.clock_factor);
    }

    /// Other processes may share a PostgreSQL store and the folder of its blobs.
    bool exclusive() const { return options.engine != Engine::postgres; }
    std::filesystem::path functions_folder() const { return (exclusive() ? folder : temporary->path()) / "lambda"; }
    std::unique_ptr<store::Blobs> open_blobs(std::string_view kind) const {
        return store::open_file_blobs(folder / "blobs" / kind, options.engine != Engine::memory);
    }

    ServeOptions options;
    std::unique_ptr<TemporaryFolder> temporary;  // for what is not kept, or not shared with other processes
    std::filesystem::path folder;
    Clock clock;
    contracts::Metrics metrics;
    BlockingPool threads;
    net::ReactorThreads reactors;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<store::Blobs> packages;
    std::unique_ptr<store::Blobs> objects;
    dispatch::Door door;
    Services services;
    net::Server server;
    bool started = false;
    bool stopped = false;
};

Cloud::Cloud(ServeOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {}

Cloud::~Cloud() { stop(); }

void Cloud::start() {
    parts_->reactors.run(0, parts_->restore_clock());
    parts_->reactors.run(0, parts_->services.prepare());
    parts_->server.start();
    parts_->started = true;
    const auto endpoint = fmt::format("http://127.0.0.1:{}", port());
    parts_->reactors.run(0, parts_->services.start(endpoint));
    parts_->door.set_ready(true);
}

void Cloud::stop() {
    if (std::exchange(parts_->stopped, true)) return;
    parts_->door.set_ready(false);
    const auto stop_all = [](Parts& parts) -> Task<void> {
        // Long polls answer what they have, so that the server need not wait for them.
        parts.store->wake_all();
        if (parts.started) {
            co_await parts.services.send_away();
            co_await parts.server.stop(stop_grace);
            co_await parts.services.stop();
        }
        co_await parts.store->close();
    };
    parts_->reactors.run(0, stop_all(*parts_));
    parts_->reactors.stop();
}

const std::vector<std::string>& Cloud::addresses() const { return parts_->server.addresses(); }

uint16_t Cloud::port() const { return parts_->server.port(); }

dispatch::Door& Cloud::door() { return parts_->door; }

}  // namespace cumulet
