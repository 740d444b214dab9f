// One operation from any bytes: refused, or decoded so that encoding gives the same bytes again.
#include <string>

#include "base/operation.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view bytes = fuzz_input(data, size);
  for (const bool verify : {true, false}) {
    std::size_t consumed = 0;
    const auto operation = decode_operation(bytes, &consumed, verify);
    if (!operation.ok()) continue;
    ASHLAR_CHECK(consumed <= bytes.size());
    std::string again;
    encode_operation(*operation, &again);
    std::size_t length = 0;
    const auto decoded = decode_operation(again, &length);
    ASHLAR_CHECK(decoded.ok() && length == again.size());
    ASHLAR_CHECK(decoded->key == operation->key && decoded->value == operation->value);
    ASHLAR_CHECK(decoded->expires_at_ms == operation->expires_at_ms);
    ASHLAR_CHECK(decoded->kind == operation->kind);
  }
  return 0;
}
