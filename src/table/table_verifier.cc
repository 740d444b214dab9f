#include "table/table_verifier.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/checksum.h"
#include "base/coding.h"
#include "base/hash.h"
#include "base/huge_buffer.h"
#include "base/try.h"
#include "table/leaf.h"
#include "table/maplet.h"
#include "table/page_reader.h"

namespace ashlar {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{512} << 10;

// Threads: one at a time.
class TableVerifier {
 public:
  TableVerifier(const TableFile& file, const TableSummary& summary, MemoryBudget* budget,
                const std::function<void(std::string)>& problem)
      : file_(file),
        header_(file.header()),
        summary_(summary),
        budget_(budget),
        problem_(problem),
        leaves_(file, kPieceBytes, budget) {}

  Status run() {
    ASHLAR_TRY(check_bytes());
    ASHLAR_TRY(check_pages());
    // What follows leans on every page.
    ASHLAR_TRY(first_);
    ASHLAR_TRY(check_entries());
    check_index_size();
    ASHLAR_TRY(check_summary());
    return first_;
  }

 private:
  // Keeps a finding. Any other error ends the work.
  Status note(Status status) {
    if (status.ok() || !status.is(StatusCode::kCorruption)) return status;
    if (problem_) problem_(std::string(status.message()));
    if (first_.ok()) first_ = std::move(status);
    return {};
  }
  void note(uint32_t page, std::string_view what) {
    note(damaged(file_.path(), file_.file_offset(page),
                 "page " + std::to_string(page) + ": " + std::string(what)))
        .ok();
  }

  Status check_bytes();
  Status check_pages();
  Status check_entries();
  Status check_leaf(uint32_t page, uint32_t* span);
  Status check_record(std::string_view prefix, const Record& record, uint32_t page,
                      std::size_t offset);
  Status check_summary();
  void check_fences(uint32_t page, uint32_t span, std::string_view first_key);
  void check_index_size();
  bool maplet_has(std::string_view key, std::size_t record_offset) const;
  const char* index_page(uint32_t page) const {
    return index_.data() + std::size_t{page - header_.first_index_page()} * kPageBytes;
  }
  const char* bucket(uint32_t number) const {
    return index_page(header_.maplet_page) + bucket_offset(number);
  }

  const TableFile& file_;
  const TableHeader& header_;
  const TableSummary& summary_;
  MemoryBudget* const budget_;
  const std::function<void(std::string)>& problem_;
  StreamPageReader leaves_;
  HugeBuffer index_;  // all index pages
  TableSummarizer summarizer_;
  SequenceNumber last_sequence_ = 0;
  uint64_t key_count_ = 0;
  Status first_;
};

Status TableVerifier::check_bytes() {
  ASHLAR_TRY_ASSIGN(HugeBuffer buffer,
                    HugeBuffer::allocate(kPieceBytes, MemoryUse::kCompaction, budget_));
  uint32_t checksum = 0;
  const uint64_t groups_end = header_.compressed() ? header_.index_offset : kPageBytes;
  for (uint64_t at = kPageBytes; at < groups_end;) {
    const std::size_t bytes = std::min<uint64_t>(kPieceBytes, groups_end - at);
    ASHLAR_TRY(file_.file().read(at, buffer.data(), bytes));
    checksum = crc32c({buffer.data(), bytes}, checksum);
    at += bytes;
  }
  for (uint64_t at = groups_end; at < header_.file_bytes;) {
    const std::size_t bytes = std::min<uint64_t>(kPieceBytes, header_.file_bytes - at);
    ASHLAR_TRY(file_.file().read(at, buffer.data(), bytes));
    for (std::size_t page = 0; page < bytes; page += kPageBytes) {
      checksum = crc32c({buffer.data() + page, kPageContentBytes}, checksum);
    }
    at += bytes;
  }
  ASHLAR_TRY(file_.file().read(0, buffer.data(), kPageBytes));
  checksum = crc32c({buffer.data(), kPageContentBytes}, checksum);
  if (checksum == summary_.file_checksum) return {};
  return note(damaged(file_.path(), 0, "the checksum of the whole file does not match"));
}

Status TableVerifier::check_pages() {
  const uint32_t first_index = header_.first_index_page();
  ASHLAR_TRY_ASSIGN(index_,
                    HugeBuffer::allocate(std::size_t{header_.page_count - first_index} * kPageBytes,
                                         MemoryUse::kCompaction, budget_));
  std::string page(kCompressedGroupBytes, '\0');
  ASHLAR_TRY(note(file_.load(0, 1, page.data())));
  const uint32_t step = header_.compressed() ? kPagesPerGroup : 1;
  for (uint32_t number = 1; number < first_index; number += step) {
    const uint32_t count = std::min(step, first_index - number);
    ASHLAR_TRY(note(file_.load(number, count, page.data())));
  }
  for (uint32_t number = first_index; number < header_.page_count; ++number) {
    char* to = index_.data() + std::size_t{number - first_index} * kPageBytes;
    ASHLAR_TRY(note(file_.load(number, 1, to)));
  }
  return {};
}

Status TableVerifier::check_entries() {
  for (uint32_t page = 1; page <= header_.data_page_count;) {
    uint32_t span = 0;
    ASHLAR_TRY(check_leaf(page, &span));
    if (span == 0) return {};
    page += span;
  }
  return {};
}

// Leaves *span at 0 where the walk can't go on.
Status TableVerifier::check_leaf(uint32_t page, uint32_t* span) {
  Result<const char*> bytes = leaves_.page(page);
  ASHLAR_TRY(bytes.status());
  const LeafView leaf(*bytes);
  if (!leaf.is_leaf() || leaf.span() > header_.first_index_page() - page) {
    note(page, "no whole leaf begins here");
    return {};
  }
  const uint32_t pages = leaf.span();
  if (pages == 1) {
    if (const char* problem = find_order_problem(leaf); problem != nullptr) note(page, problem);
    check_fences(page, 1, std::string(leaf.prefix()).append(leaf.record(0).suffix));
    for (uint32_t slot = 0; slot < leaf.count(); ++slot) {
      ASHLAR_TRY(check_record(leaf.prefix(), leaf.record(slot), page, leaf.record_offset(slot)));
    }
    *span = 1;
    return {};
  }
  const uint16_t head = leaf.head(0);
  WideRecord wide;
  for (uint32_t i = 0; i < pages; ++i) {
    bytes = leaves_.page(page + i);
    ASHLAR_TRY(bytes.status());
    if (!wide.append(*bytes, i)) {
      note(page + i, "does not continue its leaf");
      return {};
    }
  }
  Record record;
  if (!wide.decode(&record)) {
    note(page, "the leaf's record is not whole");
    return {};
  }
  if (head != order_prefix16(record.suffix)) note(page, "a key head is wrong");
  check_fences(page, pages, record.suffix);
  *span = pages;
  return check_record({}, record, page, kWideRecordOffset);
}

Status TableVerifier::check_record(std::string_view prefix, const Record& record, uint32_t page,
                                   std::size_t offset) {
  const std::string key = std::string(prefix).append(record.suffix);
  const bool first = summarizer_.entry_count() == 0;
  if (!first && !entry_before(summarizer_.last_key(), last_sequence_, key, record.sequence)) {
    note(page, "records are out of order");
  }
  if (!std::string_view(key).starts_with(header_.prefix)) {
    note(page, "a key does not begin with the table's prefix");
  }
  if (first || key != summarizer_.last_key()) {
    ++key_count_;
    if (!maplet_has(key, std::size_t{page} * kPageBytes + offset)) {
      note(page, "the maplet does not name the record at " + std::to_string(offset));
    }
  }
  summarizer_.add(record.entry(key));
  last_sequence_ = record.sequence;
  return {};
}

void TableVerifier::check_fences(uint32_t page, uint32_t span, std::string_view first_key) {
  const std::size_t prefix = std::min(header_.prefix.size(), first_key.size());
  const uint64_t wanted = order_prefix64(first_key.substr(prefix));
  for (uint32_t i = page - 1; i < page - 1 + span; ++i) {
    const uint32_t fence_page = header_.fence_page + i / kFencesPerPage;
    const auto fence = load<uint64_t>(index_page(fence_page) + i % kFencesPerPage * sizeof(wanted));
    if (fence != wanted)
      note(fence_page, "the fence of page " + std::to_string(i + 1) + " is wrong");
  }
}

bool TableVerifier::maplet_has(std::string_view key, std::size_t record_offset) const {
  const uint64_t hash = hash_key(key);
  uint32_t number = maplet_home(hash, header_.bucket_count);
  for (uint32_t visited = 0; visited < header_.bucket_count; ++visited) {
    for (unsigned left = bucket_matches(bucket(number), maplet_fingerprint(hash)); left != 0;
         left &= left - 1) {
      const auto slot = static_cast<unsigned>(__builtin_ctz(left));
      if (bucket_record_offset(bucket(number), slot) == record_offset) return true;
    }
    if (!bucket_overflows(bucket(number))) return false;
    number = next_bucket(number, header_.bucket_count);
  }
  return false;
}

void TableVerifier::check_index_size() {
  uint64_t used = 0;
  for (uint32_t number = 0; number < header_.bucket_count; ++number) {
    used += kSlotsPerBucket -
            static_cast<unsigned>(__builtin_popcount(bucket_matches_scalar(bucket(number), 0)));
  }
  if (used != key_count_) {
    note(header_.maplet_page, "the maplet has " + std::to_string(used) + " keys, the leaves have " +
                                  std::to_string(key_count_));
  }
}

Status TableVerifier::check_summary() {
  Result<std::vector<RangeTombstone>> tombstones = file_.load_range_tombstones();
  if (!tombstones.ok()) return note(tombstones.status());
  for (std::size_t i = 0; i < tombstones->size(); ++i) {
    const RangeTombstone& tombstone = (*tombstones)[i];
    if (i > 0 && tombstone.from < (*tombstones)[i - 1].from) {
      note(header_.range_tombstone_page, "range tombstones are out of order");
    }
    summarizer_.add(tombstone);
  }
  TableSummary found = summarizer_.summary();
  found.file_number = header_.file_number;
  found.file_bytes = header_.file_bytes;
  found.file_checksum = summary_.file_checksum;
  if (found != summary_) note(0, "the contents don't agree with what is known of the table");
  return {};
}

}  // namespace

Status verify_table(const TableFile& file, const TableSummary& summary, MemoryBudget* budget,
                    const std::function<void(std::string)>& problem) {
  return TableVerifier(file, summary, budget, problem).run();
}

}  // namespace ashlar
