// A table from any bytes: as they are, and with every checksum made right, so that what lies behind
// the checksums is met too. Whatever is accepted can be read without harm.
#include <algorithm>
#include <string>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/epoch.h"
#include "base/hash.h"
#include "base/memory_budget.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "table/table.h"
#include "table/table_format.h"

namespace ashlar {
namespace {

constexpr uint64_t kNumber = 34;
constexpr char kPath[] = "/db/000034.table";
constexpr std::size_t kMaximumBytes = 64 << 10;

// Makes the checksums of a compressed table's groups right, where the directory says they lie.
void seal_groups(const TableHeader& header, std::string* file) {
  const uint64_t index_page = header.first_index_page();
  for (uint32_t group = 0; group < header.group_count(); ++group) {
    const uint64_t page = header.group_directory_page + group / kGroupsPerDirectoryPage;
    const uint64_t at = header.index_offset + (page - index_page) * kPageBytes +
                        group % kGroupsPerDirectoryPage * 8;
    if (page < index_page || at + 8 > file->size()) return;
    const auto offset = load<uint32_t>(file->data() + at);
    const auto length = load<uint32_t>(file->data() + at + 4);
    if (length < kGroupHeaderBytes || uint64_t{offset} + length > file->size()) continue;
    const std::string_view stored(file->data() + offset, length);
    const uint64_t first_page = uint64_t{group} * kPagesPerGroup + 1;
    const uint32_t crc = crc32c(stored.substr(kGroupHeaderBytes),
                                crc32c(stored.substr(0, 1), checksum_seed(kNumber, first_page)));
    store(file->data() + offset + 4, crc);
  }
}

void seal(std::string* file) {
  file->resize(std::max<std::size_t>(file->size() / kPageBytes, 2) * kPageBytes);
  store<uint32_t>(file->data(), kTableMagic);
  store<uint32_t>(file->data() + 4, kTableVersion);
  store<uint64_t>(file->data() + 24, kNumber);
  store<uint64_t>(file->data() + 96, file->size());
  seal_page(file->data(), kNumber, 0);
  const auto header = decode_table_header(file->data(), kPath);
  if (!header.ok()) return;
  if (header->compressed()) seal_groups(*header, file);
  const uint64_t first = header->compressed() ? header->first_index_page() : 1;
  uint64_t at = header->compressed() ? header->index_offset : kPageBytes;
  for (uint64_t page = first; page < header->page_count && at + kPageBytes <= file->size();
       ++page, at += kPageBytes) {
    seal_page(file->data() + at, kNumber, page);
  }
}

void walk(const Table& table) {
  const std::unique_ptr<EntryIterator> iterator = table.new_iterator();
  std::string keys[3];
  uint64_t forward = 0;
  for (iterator->seek_first(); iterator->valid(); iterator->next()) {
    keys[forward++ % 3] = std::string(iterator->entry().key);
  }
  const bool whole = iterator->status().ok();
  uint64_t backward = 0;
  for (iterator->seek_last(); iterator->valid(); iterator->previous()) ++backward;
  if (whole && iterator->status().ok()) ASHLAR_CHECK(forward == backward);
  for (const std::string& key : keys) {
    iterator->seek(key, kMaximumSequence);
    const EpochGuard guard;
    TableLookup lookup;
    (void)table.get(key, hash_key(key), kMaximumSequence, &lookup);
  }
}

void read(const std::string& file) {
  if (file.size() < kPageBytes) return;
  const auto header = decode_table_header(file.data(), kPath);
  if (!header.ok()) return;
  TableSummary summary;
  summary.file_number = header->file_number;
  summary.file_bytes = header->file_bytes;
  summary.entry_count = header->entry_count;
  summary.tombstone_count = header->tombstone_count;
  summary.range_tombstone_count = header->range_tombstone_count;
  summary.smallest_sequence = header->smallest_sequence;
  summary.largest_sequence = header->largest_sequence;

  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, file}});
  MemoryBudget budget(std::size_t{64} << 20);
  PageCache cache(&budget, 1 << 20);
  const auto table = Table::open(*disk, kPath, summary, &cache, &budget);
  if (!table.ok()) return;
  walk(**table);
  (void)(*table)->verify([](const std::string&) {});
  if ((*table)->make_resident().ok()) walk(**table);
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
