// A manifest from any bytes; and edits from any bytes, behind checksums that are right.
#include <string>

#include "base/checksum.h"
#include "base/coding.h"
#include "fuzz.h"
#include "version/manifest.h"
#include "version/version_edit.h"

namespace ashlar {
namespace {

constexpr uint64_t kNumber = 7;

Status no_more(uint64_t, const VersionEdit&) {
  return {};
}

// Edits that are accepted say the same after being encoded again.
void check_edit(std::string_view bytes) {
  const auto edit = VersionEdit::decode(bytes);
  if (!edit.ok()) return;
  const std::string encoded = edit->encode();
  const auto again = VersionEdit::decode(encoded);
  ASHLAR_CHECK(again.ok());
  ASHLAR_CHECK(again->encode() == encoded);
}

// The header of a manifest and the input as one record that verifies.
std::string framed(std::string_view edit) {
  std::string bytes;
  append_fixed<uint32_t>(&bytes, 0xDB01ED17);
  append_fixed<uint32_t>(&bytes, 1);
  append_fixed<uint64_t>(&bytes, kNumber);
  std::string body;
  append_fixed(&body, static_cast<uint32_t>(edit.size()));
  body.append(edit);
  append_fixed(&bytes, crc32c(body, checksum_seed(kNumber, 16)));
  return bytes + body;
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view bytes = fuzz_input(data, size);
  (void)read_manifest(bytes, kNumber, "MANIFEST-000007", no_more);
  (void)read_manifest(framed(bytes), kNumber, "MANIFEST-000007", no_more);
  check_edit(bytes);
  return 0;
}
