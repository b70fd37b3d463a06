#include "contracts/dynamodb.h"
#include "wire_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return cumulet::wire::fuzz(cumulet::contracts::Protocol::aws_json_1_0, aws::dynamodb::service, data, size);
}
