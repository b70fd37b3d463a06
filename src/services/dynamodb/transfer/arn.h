// The ARNs of exports and imports, and what both share.
#pragma once

#include "services/dynamodb/transfer/storage.h"

namespace cumulet::dynamodb {

/// The table's name and the id in the ARN of an export or import (`kind`: "export", "import"). Throws aws::Error if
/// it is none, or another account's.
struct TransferArn {
    std::string table;
    std::string id;
    std::string region;
    static TransferArn parse(const Call& call, std::string_view kind, const std::string& text);
};

/// A new id: "01700000000000-1a2b3c4d".
std::string new_transfer_id(Call& call);

/// How long a client's token is remembered.
constexpr auto token_counts_for = 8h;

/// A call that works on behalf of who asked for an export or import.
Call call_for(Reactor& reactor, const Scope& scope, const Principal& principal);

/// The code and message under which an export or import fails because of S3.
struct TransferFailure {
    std::string code;
    std::string message;
};
TransferFailure failure_of(const aws::Error& error);

/// Opaque tokens of pages.
std::string page_token(std::string_view place);
/// Throws aws::Error for what `page_token` did not make.
std::string place_of(const std::string& token);

}  // namespace cumulet::dynamodb
