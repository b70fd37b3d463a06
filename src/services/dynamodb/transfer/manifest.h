// The files that tell what an export holds. Pure.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
#pragma once

#include "services/dynamodb/transfer/storage.h"

namespace cumulet::dynamodb {

/// Where an export's own files are: "prefix/AWSDynamoDB/<id>/".
std::string folder_of(const Export& exported);
/// Where its data files are: incremental exports of one prefix share a folder.
std::string data_folder_of(const Export& exported);
/// A line of manifest-files.json for the file `key` with these bytes.
std::string manifest_line(const std::string& key, std::string_view bytes, const std::string& etag, int64_t items);
/// manifest-summary.json.
std::string manifest_summary(const Export& exported);
/// What a .checksum file beside a manifest holds.
std::string checksum_of(std::string_view bytes);

}  // namespace cumulet::dynamodb
