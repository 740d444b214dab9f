// A value file from any bytes: as they are, and with every checksum made right. Whatever is
// accepted can be read without harm.
#include <algorithm>
#include <string>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/memory_budget.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "table/table_format.h"
#include "table/value_file.h"

namespace ashlar {
namespace {

constexpr uint64_t kNumber = 35;
constexpr char kPath[] = "/db/000035.values";
constexpr std::size_t kMaximumBytes = 64 << 10;

void seal(std::string* file) {
  file->resize(std::max(file->size(), 2 * kPageBytes));
  store<uint32_t>(file->data(), kValueFileMagic);
  store<uint32_t>(file->data() + 4, kValueFileVersion);
  store<uint64_t>(file->data() + 8, kNumber);
  store<uint64_t>(file->data() + 16, file->size());
  seal_page(file->data(), kNumber, 0);
  for (uint64_t at = kPageBytes; at + kValueRecordHeaderBytes <= file->size();) {
    const uint64_t bytes = uint64_t{kValueRecordHeaderBytes} +
                           load<uint32_t>(file->data() + at + 4) +
                           load<uint32_t>(file->data() + at + 8);
    if (at + bytes > file->size()) return;
    const std::string_view covered = std::string_view(*file).substr(at + 4, bytes - 4);
    store(file->data() + at, crc32c(covered, checksum_seed(kNumber, at)));
    at += (bytes + kValueRecordAlignment - 1) / kValueRecordAlignment * kValueRecordAlignment;
  }
}

void read(const std::string& file) {
  if (file.size() < kPageBytes) return;
  const auto header = decode_value_file_header(file.data(), kPath);
  if (!header.ok()) return;
  ValueFileSummary summary;
  summary.file_number = header->file_number;
  summary.file_bytes = header->file_bytes;
  summary.record_count = header->record_count;

  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, file}});
  MemoryBudget budget(std::size_t{64} << 20);
  const auto values = ValueFile::open(*disk, kPath, summary, &budget);
  if (!values.ok()) return;
  const std::unique_ptr<ValueRecordIterator> record = (*values)->new_iterator();
  std::string value;
  for (record->seek_first(); record->valid(); record->next()) {
    const Status status = (*values)->read(record->pointer(), record->key(), &value);
    ASHLAR_CHECK(status.ok() && value == record->value());
    (void)(*values)->read(record->pointer(), "another key", &value);
  }
  (void)(*values)->verify([](const std::string&) {});
  (void)(*values)->make_resident();
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  if (size > kMaximumBytes) return 0;
  std::string file(fuzz_input(data, size));
  read(file);
  seal(&file);
  read(file);
  return 0;
}
