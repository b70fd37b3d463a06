// The records of SQS, as bytes and back.
#pragma once

#include "services/sqs/message.h"
#include "services/sqs/storage.h"

namespace cumulet::sqs {

/// The version of queue records whose messages are stored as storage.h says; see former_storage.h.
constexpr uint8_t queue_record_version = 2;

std::string encode(const Queue& queue);
Queue decode_queue(const Place& place, std::string name, std::string_view bytes);

/// Without body and attributes where they are apart.
std::string encode(const Stored& stored);
Stored decode_stored(Stored::Where where, std::string id, std::string_view bytes);
/// Body and attributes.
std::string encode_content(const Message& message);
void decode_content(Message& message, std::string_view bytes);

std::string encode(const Group& group);
Group decode_group(std::string_view bytes);

std::string encode(const Once& once);
Once decode_once(std::string_view bytes);

std::string encode(const Attempt& attempt);
Attempt decode_attempt(std::string_view bytes);

}  // namespace cumulet::sqs
