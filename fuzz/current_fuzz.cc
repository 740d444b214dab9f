// CURRENT from any bytes.
#include "fuzz.h"
#include "version/current_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const auto number = parse_current(fuzz_input(data, size));
  if (!number.ok()) ASHLAR_CHECK(!number.status().message().empty());
  return 0;
}
