#include "contracts/lambda.h"
#include "wire_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return cumulet::wire::fuzz(cumulet::contracts::Protocol::rest_json, aws::lambda::service, data, size);
}
