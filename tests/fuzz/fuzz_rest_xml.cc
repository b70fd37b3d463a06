#include "contracts/s3.h"
#include "wire_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return cumulet::wire::fuzz(cumulet::contracts::Protocol::rest_xml, aws::s3::service, data, size);
}
