// The keys of exports and imports. All begin with account, region, "dynamodb":
//     "export", table's name, id          the export, and the lines of its manifest so far
//     "import", id                        the import, and how far it has come
//     "transfer token", kind, token       the digest of the request that had it, the ARN of what it began, until when
#pragma once

#include "services/dynamodb/storage.h"

namespace cumulet::dynamodb {

struct Export {
    std::string table_name;
    std::string id;
    Principal principal;  ///< on whose behalf it writes to S3
    uint64_t number = 0;  ///< under which what is to be exported is gathered
    uint64_t log = 0;     ///< the log that an incremental export reads, 0 for a full one
    uint64_t table_number = 0;
    std::vector<std::string> files;  ///< lines of manifest-files.json
    aws::dynamodb::ExportDescription description;
};

struct Import {
    std::string id;
    std::string table_name;
    Principal principal;
    std::string object;        ///< the file that is being read; "" before the first
    int64_t records = 0;       ///< of it that have been handled
    bool object_read = false;  ///< it is finished
    aws::dynamodb::ImportTableDescription description;
};

Task<std::optional<Export>> find_export(store::Transaction& tx, Scope scope, std::string table_name, std::string id);
void save_export(store::Transaction& tx, const Scope& scope, const Export& exported);
/// Up to `limit` exports of a table, or ("") of all tables, behind the one named.
Task<std::vector<Export>> list_exports(store::Transaction& tx, Scope scope, std::string table_name,
                                       std::pair<std::string, std::string> after, size_t limit);

Task<std::optional<Import>> find_import(store::Transaction& tx, Scope scope, std::string id);
void save_import(store::Transaction& tx, const Scope& scope, const Import& imported);
Task<std::vector<Import>> list_imports(store::Transaction& tx, Scope scope, std::string after, size_t limit);

/// What a client's token stands for.
struct TransferToken {
    std::string digest;
    std::string id;
    std::string table_name;
    Time until{};
};
/// Nothing for no token (""), and for one that no longer counts at `now`.
Task<std::optional<TransferToken>> find_transfer(store::Transaction& tx, Scope scope, std::string kind,
                                                 std::string token, Time now);
void save_transfer(store::Transaction& tx, const Scope& scope, std::string_view kind, std::string_view token,
                   const TransferToken& transfer);

}  // namespace cumulet::dynamodb
