#include "contracts/iam.h"
#include "wire_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return cumulet::wire::fuzz(cumulet::contracts::Protocol::aws_query, aws::iam::service, data, size);
}
