#include "table/table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"
#include "base/try.h"
#include "table/table_cursor.h"
#include "table/table_verifier.h"

namespace ashlar {
namespace {

enum class Match : unsigned char {
  kOther,    // another key's record
  kFound,    // the key's newest version, and visible
  kSearch,   // perhaps the key's, but its newest version isn't visible or its leaf is wide
  kDamaged,  // no record
};

// What is asked for of a record before its length is known.
constexpr std::size_t kUsualRecordBytes = 192;

// Decodes the record at `at` in a data page into *record. The top of the page, with the leaf's
// prefix, and the record are fetched at the same time, as neither address depends on the other.
inline Match match_record(const char* page, std::size_t at, std::string_view key,
                          SequenceNumber visible, Record* record) {
  const LeafView leaf(page);
  if (!leaf.is_leaf()) return Match::kDamaged;
  if (leaf.wide()) return at == kWideRecordOffset ? Match::kSearch : Match::kDamaged;
  if (decode_record(page + at, leaf.content_end(), record) == nullptr) return Match::kDamaged;
  const std::size_t prefix = leaf.prefix_bytes();
  const std::size_t suffix = record->suffix.size();
  if (prefix + suffix != key.size()) return Match::kOther;
  if (std::memcmp(record->suffix.data(), key.data() + prefix, suffix) != 0 ||
      !key.starts_with(leaf.prefix())) {
    return Match::kOther;
  }
  return record->sequence <= visible ? Match::kFound : Match::kSearch;
}

// What does not fit between a file's header and the summary kept of it, or null.
const char* find_mismatch(const TableHeader& header, const TableSummary& summary) {
  if (header.file_number != summary.file_number) return "is another table, by its number";
  if (header.file_bytes != summary.file_bytes) return "has another length than it was given";
  if (header.entry_count != summary.entry_count ||
      header.tombstone_count != summary.tombstone_count ||
      header.range_tombstone_count != summary.range_tombstone_count) {
    return "has other counts than it was given";
  }
  if (header.smallest_sequence != summary.smallest_sequence ||
      header.largest_sequence != summary.largest_sequence) {
    return "has other sequences than it was given";
  }
  return nullptr;
}

}  // namespace

Table::Table(std::unique_ptr<TableFile> file, const TableSummary& summary, PageCache* cache,
             MemoryBudget* budget)
    : file_(std::move(file)),
      summary_(summary),
      cache_(cache),
      budget_(budget),
      dead_marks_(file_->header().data_page_count, summary.entry_count,
                  summary.tombstone_count == summary.entry_count, budget),
      maplet_offset_(std::size_t{file_->header().maplet_page} * kPageBytes),
      bucket_count_(file_->header().bucket_count),
      data_page_count_(file_->header().data_page_count) {}

Result<std::shared_ptr<Table>> Table::open(Env& env, const std::string& path,
                                           const TableSummary& summary, PageCache* cache,
                                           MemoryBudget* budget, HugeBuffer image) {
  ASHLAR_CHECK(cache != nullptr);
  ASHLAR_TRY_ASSIGN(std::unique_ptr<TableFile> file, TableFile::open(env, path, budget));
  if (const char* mismatch = find_mismatch(file->header(), summary); mismatch != nullptr) {
    return damaged(path, 0, mismatch);
  }
  ASHLAR_TRY_ASSIGN(std::vector<RangeTombstone> tombstones, file->load_range_tombstones());
  std::shared_ptr<Table> table(new Table(std::move(file), summary, cache, budget));
  table->range_tombstones_ = RangeTombstones(std::move(tombstones));
  if (image) {
    ASHLAR_CHECK(image.size() >= table->image_bytes() &&
                 page_is_sealed(image.data(), summary.file_number, 0));
    table->image_.adopt(std::move(image));
  }
  return table;
}

Status Table::make_resident() {
  if (resident()) return {};
  const TableHeader& header = file_->header();
  ASHLAR_TRY_ASSIGN(HugeBuffer image,
                    HugeBuffer::allocate(image_bytes(), MemoryUse::kTable, budget_));
  ASHLAR_TRY(file_->load(0, 1, image.data()));
  if (data_page_count_ > 0) {
    ASHLAR_TRY(file_->load(1, data_page_count_, image.data() + kPageBytes));
  }
  const uint32_t index = header.first_index_page();
  ASHLAR_TRY(file_->load(index, header.page_count - index,
                         image.data() + std::size_t{index} * kPageBytes));
  image_.adopt(std::move(image));
  return {};
}

Result<bool> Table::get(std::string_view key, uint64_t hash, SequenceNumber visible,
                        TableLookup* lookup) const {
  const char* image = image_.data();
  if (bucket_count_ == 0) return false;
  return image != nullptr ? get_resident(image, key, hash, visible, lookup)
                          : get_paged(key, hash, visible, lookup);
}

Status Table::wrong_position(uint32_t bucket) const {
  const uint32_t page = file_->header().maplet_page + bucket / kBucketsPerPage;
  return damaged(path(), file_->file_offset(page) + bucket % kBucketsPerPage * kBucketBytes,
                 "a bucket of the maplet names a place that is not a record");
}

Result<bool> Table::get_resident(const char* image, std::string_view key, uint64_t hash,
                                 SequenceNumber visible, TableLookup* lookup) const {
  const uint16_t fingerprint = maplet_fingerprint(hash);
  uint32_t number = maplet_home(hash, bucket_count_);
  for (uint32_t visited = 0; visited < bucket_count_; ++visited) {
    const char* bucket = image + maplet_offset_ + bucket_offset(number);
    for (unsigned left = bucket_matches(bucket, fingerprint); left != 0; left &= left - 1) {
      const std::size_t offset =
          bucket_record_offset(bucket, static_cast<unsigned>(__builtin_ctz(left)));
      if (!is_data_offset(offset)) return wrong_position(number);
      prefetch_lines(image + offset, kUsualRecordBytes);
      Record record;
      switch (match_record(image + offset / kPageBytes * kPageBytes, offset % kPageBytes, key,
                           visible, &record)) {
        case Match::kOther:
          break;
        case Match::kFound:
          if (record.value.size() > kUsualRecordBytes) {
            prefetch_lines(record.value.data() + kUsualRecordBytes,
                           record.value.size() - kUsualRecordBytes);
          }
          lookup->entry = record.entry(key);
          lookup->value_in_image = true;
          return true;
        case Match::kSearch:
          return search_resident(image, key, visible, lookup);
        case Match::kDamaged:
          return wrong_position(number);
      }
    }
    if (!bucket_overflows(bucket)) return false;
    number = next_bucket(number, bucket_count_);
  }
  return false;
}

Result<bool> Table::get_paged(std::string_view key, uint64_t hash, SequenceNumber visible,
                              TableLookup* lookup) const {
  const uint16_t fingerprint = maplet_fingerprint(hash);
  uint32_t number = maplet_home(hash, bucket_count_);
  for (uint32_t visited = 0; visited < bucket_count_; ++visited) {
    std::array<char, kBucketBytes> bucket;
    {
      ASHLAR_TRY_ASSIGN(
          const PagePin page,
          pin_page(*file_, *cache_, file_->header().maplet_page + number / kBucketsPerPage));
      std::memcpy(bucket.data(), page.data() + bucket_offset(number % kBucketsPerPage),
                  kBucketBytes);
    }
    for (unsigned left = bucket_matches(bucket.data(), fingerprint); left != 0; left &= left - 1) {
      const std::size_t offset =
          bucket_record_offset(bucket.data(), static_cast<unsigned>(__builtin_ctz(left)));
      if (!is_data_offset(offset)) return wrong_position(number);
      ASHLAR_TRY_ASSIGN(PagePin page,
                        pin_page(*file_, *cache_, static_cast<uint32_t>(offset / kPageBytes)));
      Record record;
      switch (match_record(page.data(), offset % kPageBytes, key, visible, &record)) {
        case Match::kOther:
          break;
        case Match::kFound:
          lookup->entry = record.entry(key);
          lookup->value_in_image = false;
          lookup->pin = std::move(page);
          return true;
        case Match::kSearch:
          page.reset();
          return search_paged(key, visible, lookup);
        case Match::kDamaged:
          return wrong_position(number);
      }
    }
    if (!bucket_overflows(bucket.data())) return false;
    number = next_bucket(number, bucket_count_);
  }
  return false;
}

Result<bool> Table::search_resident(const char* image, std::string_view key, SequenceNumber visible,
                                    TableLookup* lookup) const {
  ImagePageReader reader(image);
  TableCursor cursor(*file_, reader, reader);
  ASHLAR_TRY(cursor.seek(key, visible));
  if (!cursor.valid() || !cursor.key_is(key)) return false;
  lookup->entry = cursor.record().entry(key);
  lookup->value_in_image = !cursor.wide();
  if (cursor.wide()) lookup->wide = cursor.take_wide();
  return true;
}

Result<bool> Table::search_paged(std::string_view key, SequenceNumber visible,
                                 TableLookup* lookup) const {
  CachedPageReader reader(*file_, *cache_);
  TableCursor cursor(*file_, reader, reader);
  ASHLAR_TRY(cursor.seek(key, visible));
  if (!cursor.valid() || !cursor.key_is(key)) return false;
  lookup->entry = cursor.record().entry(key);
  lookup->value_in_image = false;
  if (cursor.wide()) {
    lookup->wide = cursor.take_wide();
  } else {
    lookup->pin = reader.take_pin();
  }
  return true;
}

void Table::mark_dead(std::string_view key, uint64_t hash, SequenceNumber deletion) const {
  const char* const image = image_.data();
  if (image == nullptr || bucket_count_ == 0 || dead_marks_.only_tombstones()) return;
  TableLookup lookup;
  const Result<bool> found = get_resident(image, key, hash, deletion, &lookup);
  if (!found.ok() || !*found) return;  // damage is for readers to report
  if (!lookup.value_in_image) return mark_wide(image, key, deletion);
  // A record's value follows its key; the byte before it is the record's, whether it is empty or not.
  const auto at = static_cast<std::size_t>(lookup.entry.value.data() - 1 - image);
  const LeafView leaf(image + at / kPageBytes * kPageBytes);
  uint32_t low = 0;
  for (uint32_t high = leaf.count(); high - low > 1;) {
    const uint32_t middle = low + (high - low) / 2;
    (leaf.record_offset(middle) <= at % kPageBytes ? low : high) = middle;
  }
  dead_marks_.mark(static_cast<uint32_t>(at / kPageBytes), low, leaf.count(), 1, deletion);
}

void Table::mark_wide(const char* image, std::string_view key, SequenceNumber deletion) const {
  ImagePageReader reader(image);
  TableCursor cursor(*file_, reader, reader);
  const Status sought = cursor.seek(key, deletion);
  if (!sought.ok() || !cursor.valid() || !cursor.key_is(key)) return;
  dead_marks_.mark(cursor.page(), cursor.slot(), cursor.count(), cursor.span(), deletion);
}

std::unique_ptr<PageReader> Table::new_reader() const {
  if (std::shared_ptr<const HugeBuffer> image = image_.pin(); image != nullptr) {
    const char* data = image->data();
    return std::make_unique<ImagePageReader>(data, std::move(image));
  }
  return std::make_unique<CachedPageReader>(*file_, *cache_);
}

std::unique_ptr<TableIterator> Table::new_iterator() const {
  if (std::shared_ptr<const HugeBuffer> image = image_.pin(); image != nullptr) {
    const char* data = image->data();
    return std::make_unique<TableIterator>(*file_, &dead_marks_,
                                           ImagePageReader(data, std::move(image)));
  }
  return std::make_unique<TableIterator>(*file_, &dead_marks_,
                                         std::make_unique<CachedPageReader>(*file_, *cache_));
}

std::unique_ptr<EntryIterator> Table::new_scanner(std::size_t buffer_bytes) const {
  if (resident()) return new_iterator();
  return std::make_unique<TableIterator>(
      *file_, nullptr, std::make_unique<StreamPageReader>(*file_, buffer_bytes, budget_),
      std::make_unique<CachedPageReader>(*file_, *cache_));
}

Result<uint64_t> Table::estimate_entries(std::string_view from, std::string_view to) const {
  struct Place {
    uint32_t page;
    uint32_t slot;
    uint32_t count;  // of the page
  };
  const auto reader = new_reader();
  TableCursor cursor(*file_, *reader, *reader);
  const auto find = [&](std::string_view key) -> Result<Place> {
    ASHLAR_TRY(cursor.seek(key, kMaximumSequence));
    if (!cursor.valid()) return Place{data_page_count_ + 1, 0, 0};
    return Place{cursor.page(), cursor.slot(), cursor.count()};
  };
  ASHLAR_TRY_ASSIGN(const Place first, find(from));
  Place last{data_page_count_ + 1, 0, 0};
  if (!to.empty()) {
    ASHLAR_TRY_ASSIGN(last, find(to));
  }
  if (last.page <= first.page) return last.slot > first.slot ? last.slot - first.slot : 0;
  // The records of a few pages in between stand for those of all of them.
  constexpr uint32_t kSampledPages = 8;
  const uint32_t whole_pages = last.page - first.page - 1;
  const uint32_t samples = std::min(whole_pages, kSampledPages);
  uint64_t sampled = 0;
  for (uint32_t sample = 0; sample < samples; ++sample) {
    const auto ahead = static_cast<uint32_t>(uint64_t{whole_pages} * sample / samples);
    Result<const char*> page = reader->page(first.page + 1 + ahead);
    ASHLAR_TRY(page.status());
    const LeafView leaf(*page);
    if (leaf.is_leaf()) sampled += leaf.count();
  }
  const uint64_t between = samples == 0 ? 0 : sampled * whole_pages / samples;
  return first.count - first.slot + between + last.slot;
}

Status Table::verify(const std::function<void(std::string)>& problem) const {
  return verify_table(*file_, summary_, budget_, problem);
}

}  // namespace ashlar
