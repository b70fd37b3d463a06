#include "contracts/logs.h"
#include "wire_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    return cumulet::wire::fuzz(cumulet::contracts::Protocol::rpc_v2_cbor, aws::logs::service, data, size);
}
