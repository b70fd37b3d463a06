#include "contracts/cloudformation.h"
#include "wire_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return cumulet::wire::fuzz(cumulet::contracts::Protocol::ec2_query, aws::cloudformation::service, data, size);
}
