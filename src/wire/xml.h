// Values to and from XML: restXml's bodies, and the answers of the query protocols.
#pragma once

#include "wire/value.h"

namespace pugi {
class xml_node;
}

namespace cumulet::wire {

/// Where restXml, awsQuery and ec2Query spell members differently.
enum class XmlNames : uint8_t { rest, query, ec2 };

void append_xml_text(std::string& out, std::string_view text);

/// <name …>value</name>. Lists and maps that are not flattened get an element of their own.
void append_xml(std::string& out, const Shape& shape, const void* value, std::string_view name, XmlNames names,
                const Member* member = nullptr);

/// The body members of a structure as elements, one after the other, without `skipped`.
void append_xml_members(std::string& out, const Shape& shape, const void* value, XmlNames names,
                        const Member* skipped = nullptr);

/// <Code>, <Message> and the error's own members: what all XML errors have in common.
void append_xml_error(std::string& out, const aws::Error& error, std::string_view code, XmlNames names);

/// The attributes (xmlns and attribute members, each with a leading space) that the element of a structure carries.
void append_xml_attributes(std::string& out, const Shape& shape, const void* value, bool with_namespace = true);

/// Fills `target` from the root element of a document, whatever its name. At the top, members that were found are
/// noted in `seen`; inside, missing required members become violations. Throws aws::Error, MalformedXML.
void read_xml(std::string_view text, const Shape& shape, void* target, const Path& path, Seen& seen,
              Violations& violations);

}  // namespace cumulet::wire
