// A filter as JSON: refused with a message, or read so that both spellings give it back.
#include "filter/json_spelling.h"
#include "filter_check.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const auto root = parse_json_filter(fuzz_input(data, size));
  if (root.ok()) {
    check_spellings(Filter(*root));
  } else {
    ASHLAR_CHECK(!root.status().message().empty());
  }
  return 0;
}
