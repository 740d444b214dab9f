// CURRENT and the names of files from any bytes: CURRENT as it is, and behind a checksum that is
// right; what is accepted is written the same.
#include <cstdio>
#include <string>

#include "base/checksum.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "version/current_file.h"
#include "version/file_names.h"

namespace ashlar {
namespace {

void check_current(std::string_view bytes) {
  const auto number = parse_current(bytes);
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{"/db/CURRENT", bytes}});
  const auto read = read_current(*disk, "/db");
  ASHLAR_CHECK(read.ok() == number.ok());
  if (!number.ok()) {
    ASHLAR_CHECK(!number.status().message().empty());
    return;
  }
  ASHLAR_CHECK(*read == *number && write_current(*disk, "/db", *number).ok());
  ASHLAR_CHECK(*disk->contents("/db/CURRENT") == bytes);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view bytes = fuzz_input(data, size);
  check_current(bytes);
  char checksum[16];
  std::snprintf(checksum, sizeof(checksum), " %08x\n", crc32c(bytes));
  check_current(std::string(bytes) + checksum);
  if (const auto name = parse_file_name(bytes)) {
    ASHLAR_CHECK(file_name(name->type, name->number) == bytes);
  }
  return 0;
}
