// A manifest from any bytes; edits from any bytes, behind checksums that are right; and a manifest
// that the writer makes of an edit and of the same edit again, whole, damaged, and with a call that
// fails.
#include <string>

#include "base/checksum.h"
#include "base/coding.h"
#include "fuzz.h"
#include "fuzz_disk.h"
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

// How many edits of a manifest can be read, and how many of them a salvage finds.
void check_written(std::string_view bytes) {
  const auto edit = VersionEdit::decode(bytes);
  if (!edit.ok()) return;
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  const auto write = [&](SimEnv& env) -> Status {
    const auto writer = ManifestWriter::create(env, "/db", kNumber, *edit);
    return writer.ok() ? (*writer)->append(*edit) : writer.status();
  };
  ASHLAR_CHECK(write(*disk).ok());
  std::string manifest = *disk->contents("/db/MANIFEST-000007");
  int found = 0;
  const auto count = [&](uint64_t, const VersionEdit& read) {
    ASHLAR_CHECK(read.encode() == edit->encode());
    ++found;
    return Status();
  };
  ASHLAR_CHECK(read_manifest(manifest, kNumber, "M", count).ok() && found == 2);
  // A byte of it changed: at most the last record may go unnoticed, as a write that was cut off.
  const std::size_t at = bytes.size() * 7919 % manifest.size();
  manifest[at] = static_cast<char>(manifest[at] ^ 1);
  found = 0;
  ASHLAR_CHECK(!read_manifest(manifest, kNumber, "M", count).ok() || found == 1);
  int salvaged = 0;
  salvage_manifest(
      manifest, kNumber, [&](const VersionEdit&) { ++salvaged; }, [](uint64_t) {});
  ASHLAR_CHECK(salvaged >= 1);

  const std::unique_ptr<SimEnv> failing = fuzz_disk();
  failing->inject(fuzz_fault(bytes));
  (void)write(*failing);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  const std::string_view bytes = fuzz_input(data, size);
  (void)read_manifest(bytes, kNumber, "MANIFEST-000007", no_more);
  (void)read_manifest(framed(bytes), kNumber, "MANIFEST-000007", no_more);
  salvage_manifest(
      framed(bytes), kNumber, [](const VersionEdit&) {}, [](uint64_t) {});
  check_edit(bytes);
  check_written(bytes);
  return 0;
}
