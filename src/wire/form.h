// The members of awsQuery and ec2Query: an urlencoded form whose names are paths ("Tag.1.Key").
#pragma once

#include "wire/xml.h"

namespace cumulet::wire {

/// Fills a structure from the form in the request's query string and body, and notes the members found in `seen`.
/// Throws MalformedQueryString for too many parameters or too deep names, SerializationException for wrong types.
void read_form(const http::Request& request, const Shape& shape, void* target, XmlNames names, const Path& path,
               Seen& seen, Violations& violations);

}  // namespace cumulet::wire
