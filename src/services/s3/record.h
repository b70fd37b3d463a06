// The stored forms of what S3 keeps. What the key says is not in the record.
#pragma once

#include "services/s3/notification.h"
#include "services/s3/object.h"

namespace cumulet::s3 {

std::string encode(const Bucket& bucket);
Bucket decode_bucket(std::string name, std::string_view bytes);
std::string encode(const std::vector<NotificationRule>& rules);
std::vector<NotificationRule> decode_rules(std::string_view bytes);
std::string encode(const Object& object);
Object decode_object(std::string key, std::string_view bytes);
std::string encode(const Content& content);
Content decode_content(std::string_view bytes);
std::string encode(const Upload& upload);
Upload decode_upload(std::string key, std::string id, std::string_view bytes);
std::string encode(const Part& part);
Part decode_part(int32_t number, std::string_view bytes);

}  // namespace cumulet::s3
