// Topics of the store that one service wakes and another watches (Transaction::wake, Store::watch). A wake-up is a
// hint: whoever is woken looks again through the service's operations.
#pragma once

#include <string>
#include <string_view>

namespace cumulet::contracts {

/// Woken with every record of the DynamoDB stream `arn`, and when the stream is disabled.
inline std::string stream_topic(std::string_view arn) { return "dynamodb stream " + std::string(arn); }

}  // namespace cumulet::contracts
