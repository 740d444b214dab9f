// A table from any bytes: as they are, and with every checksum made right, so that what lies behind
// the checksums is met too. Whatever is accepted can be read without harm. Behind a 'c', a table as
// the input describes it (fuzz_table.h): it reads as it was written; damaged, it reads as it was
// written or with an error; damaged behind right checksums, without harm; and with a call that
// fails.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/entry_batch.h"
#include "base/epoch.h"
#include "base/hash.h"
#include "base/memory_budget.h"
#include "fuzz.h"
#include "fuzz_disk.h"
#include "fuzz_table.h"
#include "table/compression.h"
#include "table/table.h"
#include "table/table_description.h"
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

// All entries, by single steps and batches in turns. `whole` is false if an error ended it.
std::vector<FuzzEntry> entries_of(EntryIterator& iterator, bool* whole) {
  std::vector<FuzzEntry> entries;
  const auto add = [&](const EntryView& entry) {
    entries.push_back({std::string(entry.key), entry.sequence, entry.kind, entry.value_is_pointer,
                       entry.expires_at_ms, std::string(entry.value)});
  };
  const auto batch = std::make_unique<EntryBatch>();
  unsigned step = 0;
  for (iterator.seek_first(); iterator.valid(); iterator.next()) {
    const std::size_t taken = ++step % 3 == 0 ? iterator.take_batch(batch.get(), 7) : 0;
    for (std::size_t i = 0; i < taken; ++i) add(batch->entries[i]);
    if (taken == 0) add(iterator.entry());
  }
  *whole = iterator.status().ok();
  return entries;
}

void look_up(const Table& table, std::string_view key, SequenceNumber visible,
             const FuzzEntry* wanted) {
  const EpochGuard guard;
  TableLookup lookup;
  const uint64_t hash = hash_key(key);
  table.prefetch(hash);
  const auto found = table.get(key, hash, visible, &lookup);
  if (wanted == nullptr) return;
  ASHLAR_CHECK(found.ok() && *found && lookup.entry.sequence == wanted->sequence);
  ASHLAR_CHECK(lookup.entry.kind == wanted->kind && lookup.entry.value == wanted->value);
}

// Reads forwards and backwards, looks entries up and seeks them; returns them, *whole as above.
std::vector<FuzzEntry> walk(const Table& table, bool* whole) {
  const std::unique_ptr<EntryIterator> iterator = table.new_iterator();
  std::vector<FuzzEntry> entries = entries_of(*iterator, whole);
  std::size_t backward = 0;
  for (iterator->seek_last(); iterator->valid(); iterator->previous()) ++backward;
  if (*whole && iterator->status().ok()) ASHLAR_CHECK(entries.size() == backward);
  const std::size_t step = entries.size() / 40 + 1;
  for (std::size_t i = 0; i < entries.size(); i += step) {
    const FuzzEntry& entry = entries[i];
    iterator->seek(entry.key, entry.sequence);
    iterator->seek(entry.key + 'x', kMaximumSequence);
    look_up(table, entry.key, kMaximumSequence, nullptr);
    look_up(table, entry.key, entry.sequence, nullptr);
    look_up(table, entry.key + 'x', kMaximumSequence, nullptr);
  }
  if (!entries.empty()) {
    (void)table.estimate_entries(entries.front().key, entries.back().key);
    (void)table.estimate_entries(entries.front().key, "");
  }
  bool scanned = false;
  const auto all = entries_of(*table.new_scanner(kPageBytes), &scanned);
  if (*whole && scanned) ASHLAR_CHECK(all == entries);
  return entries;
}

// Everything that can be done with a table, paged and then resident; the entries that were read
// without an error must be the wanted ones, if these are known.
void use(Table& table, const std::vector<FuzzEntry>* wanted) {
  for (int round = 0; round < 2; ++round) {
    bool whole = false;
    const auto entries = walk(table, &whole);
    if (whole && wanted != nullptr) ASHLAR_CHECK(entries == *wanted);
    if (!table.make_resident().ok()) break;
  }
  (void)table.image().release();
  (void)table.verify([](const std::string&) {});
}

// The checksum of a whole file, so that its verification goes on behind it.
uint32_t file_checksum(const TableHeader& header, std::string_view file) {
  const uint64_t groups_end = header.compressed() ? header.index_offset : kPageBytes;
  uint32_t checksum = crc32c(file.substr(kPageBytes, groups_end - kPageBytes));
  for (uint64_t at = groups_end; at + kPageBytes <= file.size(); at += kPageBytes) {
    checksum = crc32c(file.substr(at, kPageContentBytes), checksum);
  }
  return crc32c(file.substr(0, kPageContentBytes), checksum);
}

void read(const std::string& file) {
  if (file.size() < kPageBytes) return;
  const std::unique_ptr<SimEnv> disk = fuzz_disk({{kPath, file}});
  (void)describe_table(*disk, kPath, true, [](std::string_view) {});
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
  summary.file_checksum = file_checksum(*header, file);

  MemoryBudget budget(std::size_t{64} << 20);
  PageCache cache(&budget, 1 << 20);
  const auto table = Table::open(*disk, kPath, summary, &cache, &budget);
  if (table.ok()) use(**table, nullptr);
}

// A table that is what it was written as.
void check_sound(SimEnv& env, const TableSummary& summary, HugeBuffer image,
                 const std::vector<FuzzEntry>& entries) {
  MemoryBudget budget(std::size_t{64} << 20);
  PageCache cache(&budget, 1 << 20);
  const auto table = Table::open(env, kPath, summary, &cache, &budget, std::move(image));
  ASHLAR_CHECK(table.ok());
  for (int round = 0; round < 2; ++round) {
    bool whole = false;
    ASHLAR_CHECK(walk(**table, &whole) == entries && whole);
    for (const FuzzEntry& entry : entries) {
      look_up(**table, entry.key, entry.sequence, &entry);
    }
    ASHLAR_CHECK((*table)->make_resident().ok());
  }
  ASHLAR_CHECK((*table)->verify({}).ok());
  ASHLAR_CHECK(describe_table(env, kPath, true, [](std::string_view) {}).ok());
}

// A summary that differs in one part is another table's.
void check_mismatches(SimEnv& env, const TableSummary& summary, MemoryBudget* budget) {
  PageCache cache(budget, 1 << 20);
  for (uint64_t TableSummary::*const part :
       {&TableSummary::file_number, &TableSummary::file_bytes, &TableSummary::entry_count,
        &TableSummary::tombstone_count, &TableSummary::smallest_sequence,
        &TableSummary::largest_sequence}) {
    TableSummary other = summary;
    ++(other.*part);
    const auto table = Table::open(env, kPath, other, &cache, budget);
    ASHLAR_CHECK(table.status().is(StatusCode::kCorruption));
  }
}

// Each compression gives back what it took, and refuses or reads any bytes without harm.
void check_compression(std::string_view input) {
  std::string room(2 * input.size() + 1, '\0');
  for (unsigned number = 0; number < 4; ++number) {
    const auto compression = static_cast<Compression>(number);
    (void)decompress(compression, input, room.data(), room.size());
    std::string compressed;
    if (!Compressor(compression).append(input, &compressed)) {
      ASHLAR_CHECK(compressed.empty());
      continue;
    }
    ASHLAR_CHECK(decompress(compression, compressed, room.data(), input.size()));
    ASHLAR_CHECK(std::string_view(room).substr(0, input.size()) == input);
    ASHLAR_CHECK(!decompress(compression, compressed, room.data(), input.size() + 1));
  }
}

void check_described(std::string_view input) {
  ByteReader in(input);
  const FuzzTable described(&in);
  if (described.empty()) return;
  MemoryBudget budget(std::size_t{64} << 20);
  const std::unique_ptr<SimEnv> disk = fuzz_disk();
  HugeBuffer image;
  const auto summary = described.build(*disk, kPath, kNumber, &budget, &image);
  ASHLAR_CHECK(summary.ok());
  const std::vector<FuzzEntry> entries = described.entries();
  check_sound(*disk, *summary, std::move(image), entries);
  check_mismatches(*disk, *summary, &budget);

  disk->inject(fuzz_fault(input));
  PageCache cache(&budget, 1 << 20);
  const auto failing = Table::open(*disk, kPath, *summary, &cache, &budget);
  if (failing.ok()) use(**failing, &entries);
  (void)describe_table(*disk, kPath, false, [](std::string_view) {});

  std::string file = *disk->contents(kPath);
  if (!damage_pages(&in, &file)) return;
  const std::unique_ptr<SimEnv> damaged = fuzz_disk({{kPath, file}});
  PageCache damaged_cache(&budget, 1 << 20);
  const auto table = Table::open(*damaged, kPath, *summary, &damaged_cache, &budget);
  if (table.ok()) use(**table, &entries);
  read(file);
  seal(&file);
  read(file);
}

}  // namespace
}  // namespace ashlar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  if (size > kMaximumBytes) return 0;
  if (size > 0 && data[0] == 'c') {
    check_described(fuzz_input(data + 1, size - 1));
    return 0;
  }
  check_compression(fuzz_input(data, size));
  std::string file(fuzz_input(data, size));
  read(file);
  seal(&file);
  read(file);
  return 0;
}
