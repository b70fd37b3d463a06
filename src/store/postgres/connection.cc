#include "store/postgres/connection.h"

#include <poll.h>

#include <charconv>

#include "store/store.h"

namespace cumulet::store {
namespace {

// Types by their numbers in every PostgreSQL's catalogue.
constexpr Oid bytea = 17, int8 = 20, text = 25, bytea_array = 1001;

struct Prepared {
    const char* name;
    std::string sql;
    std::vector<Oid> parameters;
};

/// Adds up sizes along the index, so that the server sends no more than a scan may return.
std::string scan_statement(std::string_view direction) {
    return fmt::format(
        "SELECT key, value FROM (SELECT key, value, "
        "sum(octet_length(key) + octet_length(value)) OVER (ORDER BY key {0} ROWS UNBOUNDED PRECEDING) "
        "- octet_length(key) - octet_length(value) AS before "
        "FROM cumulet_rows WHERE key >= $1 AND key < $2 ORDER BY key {0} LIMIT $3) AS rows WHERE before <= $4",
        direction);
}

const std::vector<Prepared>& prepared_statements() {
    static const std::vector<Prepared> statements{
        {"begin", "BEGIN ISOLATION LEVEL SERIALIZABLE", {}},
        {"commit", "COMMIT", {}},
        {"rollback", "ROLLBACK", {}},
        {"get", "SELECT value FROM cumulet_rows WHERE key = $1", {bytea}},
        {"scan", scan_statement("ASC"), {bytea, bytea, int8, int8}},
        {"scan_descending", scan_statement("DESC"), {bytea, bytea, int8, int8}},
        {"put",
         "INSERT INTO cumulet_rows (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[]) "
         "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
         {bytea_array, bytea_array}},
        {"erase", "DELETE FROM cumulet_rows WHERE key = ANY ($1::bytea[])", {bytea_array}},
        {"erase_range", "DELETE FROM cumulet_rows WHERE key >= $1 AND key < $2", {bytea, bytea}},
        {"notify", "SELECT pg_notify('cumulet', $1)", {text}},
    };
    return statements;
}

void check(PGconn* link, const ResultPointer& result, std::string_view what) {
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return;
    throw Unavailable(fmt::format("PostgreSQL cannot {}: {}", what, PQerrorMessage(link)));
}

ResultPointer execute(PGconn* link, const std::string& sql, std::string_view what) {
    ResultPointer result(PQexec(link, sql.c_str()));
    check(link, result, what);
    return result;
}

}  // namespace

bool Connection::quiet() const {
    pollfd socket{PQsocket(link.get()), POLLIN, 0};
    return poll(&socket, 1, 0) == 0;
}

ConnectionPointer connect(const std::string& parameters) {
    const char* names[] = {"dbname", "connect_timeout", "fallback_application_name", "options", nullptr};
    // Plans follow the key's index: a serialisable transaction remembers what it read by the index's pages, and would
    // conflict with everyone after reading the table from end to end.
    const char* values[] = {parameters.c_str(), "10", "cumulet",
                            "-c enable_seqscan=off -c enable_bitmapscan=off -c client_min_messages=warning "
                            "-c plan_cache_mode=force_generic_plan",
                            nullptr};
    ConnectionPointer link(PQconnectdbParams(names, values, 1));
    if (!link || PQstatus(link.get()) != CONNECTION_OK) {
        throw Unavailable(
            fmt::format("PostgreSQL does not answer: {}", link ? PQerrorMessage(link.get()) : "no memory"));
    }
    return link;
}

std::unique_ptr<Connection> connect_prepared(const std::string& parameters) {
    auto link = connect(parameters);
    for (const auto& statement : prepared_statements()) {
        const ResultPointer result(PQprepare(link.get(), statement.name, statement.sql.c_str(),
                                             static_cast<int>(statement.parameters.size()),
                                             statement.parameters.data()));
        check(link.get(), result, "prepare a statement");
    }
    if (PQsetnonblocking(link.get(), 1) != 0 || PQenterPipelineMode(link.get()) != 1) {
        throw Unavailable(fmt::format("PostgreSQL's connection cannot be shared: {}", PQerrorMessage(link.get())));
    }
    return std::make_unique<Connection>(std::move(link));
}

void create_tables(PGconn* link) {
    // Processes that start together take turns.
    execute(link, "BEGIN; SELECT pg_advisory_xact_lock(7163391052)", "begin to create tables");
    execute(link,
            "CREATE TABLE IF NOT EXISTS cumulet_about (name text PRIMARY KEY, value text NOT NULL);"
            "CREATE TABLE IF NOT EXISTS cumulet_rows (key bytea PRIMARY KEY, value bytea NOT NULL)",
            "create tables");
    const auto insert =
        fmt::format("INSERT INTO cumulet_about VALUES ('format', '{}') ON CONFLICT DO NOTHING", tables_format);
    if (std::string_view(PQcmdTuples(execute(link, insert, "write the format").get())) == "1") {
        execute(link, "ALTER TABLE cumulet_rows ALTER COLUMN value SET STORAGE EXTERNAL",
                "choose how values are stored");
    }
    const auto raise =
        fmt::format("UPDATE cumulet_about SET value = '{0}' WHERE name = 'format' AND value::int BETWEEN 1 AND {0} - 1",
                    tables_format);
    execute(link, raise, "write the format");
    const auto found = execute(link, "SELECT value FROM cumulet_about WHERE name = 'format'", "read the format");
    const std::string written = PQntuples(found.get()) == 1 ? PQgetvalue(found.get(), 0, 0) : "";
    execute(link, "COMMIT", "create tables");
    int format = 0;
    std::from_chars(written.data(), written.data() + written.size(), format);
    if (format > tables_format) {
        throw std::runtime_error(fmt::format(
            "the database was written by a newer Cumulet (format {}; this one knows {})", written, tables_format));
    }
    if (format < 1) throw std::runtime_error("the database's tables have no valid format");
}

std::string binary(uint64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
    return bytes;
}

std::string binary_array(const std::vector<std::string_view>& items) {
    size_t size = 20;
    for (const auto& item : items) size += 4 + item.size();
    std::string bytes;
    bytes.reserve(size);
    const auto append = [&](uint32_t number) {
        for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(number >> shift));
    };
    append(1);  // dimensions
    append(0);  // no NULLs
    append(bytea);
    append(static_cast<uint32_t>(items.size()));
    append(1);  // the first index
    for (const auto& item : items) {
        append(static_cast<uint32_t>(item.size()));
        bytes += item;
    }
    return bytes;
}

}  // namespace cumulet::store
