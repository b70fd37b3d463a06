// Items in files, as they are exported and imported: DynamoDB JSON, Amazon Ion and CSV. Pure.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
#pragma once

#include "services/dynamodb/table.h"

namespace cumulet::dynamodb {

/// Appends a line with the item, as a full export has it. `format`: DYNAMODB_JSON, ION.
void append_exported(std::string& out, std::string_view format, const AttributeMap& item);

/// What became of an item between two moments, as an incremental export has it.
struct ExportedChange {
    Time written{};
    AttributeMap key;
    std::optional<AttributeMap> before;
    std::optional<AttributeMap> after;
};
void append_exported(std::string& out, std::string_view format, const ExportedChange& change);

/// One item of a file, or why it is none.
struct ImportedItem {
    AttributeMap item;
    std::string error;
    bool hopeless = false;  ///< nothing behind it can be read either
};

/// Reads the items of one file.
class ItemReader {
  public:
    struct Options {
        std::string format;  ///< DYNAMODB_JSON, ION, CSV
        char delimiter = ',';
        std::vector<std::string> header;  ///< CSV: empty where the file's first line says it
        /// CSV: the attributes that keys name, which are no strings where their type is another.
        std::map<std::string, AttributeType> key_types;
    };
    explicit ItemReader(Options options) : options_(std::move(options)) {}

    void add(std::string_view text) { text_ += text; }
    /// The next item; nothing if the text that was added holds no whole one. `complete`: no more text will come.
    std::optional<ImportedItem> next(bool complete);

  private:
    std::optional<std::string> next_record(bool complete);
    bool is_whole(const std::string& record) const;
    ImportedItem read(const std::string& record);
    ImportedItem read_json(const std::string& record);
    ImportedItem read_ion_record(const std::string& record);
    ImportedItem read_csv(const std::string& record);
    std::vector<std::string> fields_of(const std::string& record) const;

    Options options_;
    std::string text_;
    size_t read_ = 0;      ///< of the text
    std::string pending_;  ///< the lines of a record that is not whole yet
};

}  // namespace cumulet::dynamodb
