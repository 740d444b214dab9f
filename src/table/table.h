// An immutable sorted string table, in memory as a whole (*resident*) or page by page (*paged*).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "ashlar/result.h"
#include "base/entry.h"
#include "base/huge_buffer.h"
#include "base/prefetch.h"
#include "base/range_tombstones.h"
#include "env/env.h"
#include "table/dead_marks.h"
#include "table/file_image.h"
#include "table/leaf.h"
#include "table/maplet.h"
#include "table/page_cache.h"
#include "table/page_reader.h"
#include "table/table_file.h"
#include "table/table_iterator.h"
#include "table/table_summary.h"

namespace ashlar {

// What Table::get() found, and what its views need besides the image.
struct TableLookup {
  EntryView entry;  // its key is the caller's
  // The value lies in the image. If not, this object keeps it.
  bool value_in_image = false;
  PagePin pin;
  WideRecord wide;
};

// Ownership: shared by the versions that name it. The page cache and the budget must outlive it.
// Threads:   any. A point lookup of a resident table takes two dependent cache misses, the bucket
// of
//            the maplet and the record (the top of the record's page comes in beside it), and
//            writes nothing that is shared.
// Invariant: [TABLE-2].
class Table {
 public:
  // Opens the file and checks its header against `summary`. `image` may be empty; otherwise it is
  // what TableBuilder::take_image() gave for this table.
  //   kCorruption  names the file: damaged, cut off, or another table than the summary's.
  // Errors of TableFile::open.
  static Result<std::shared_ptr<Table>> open(Env& env, const std::string& path,
                                             const TableSummary& summary, PageCache* cache,
                                             MemoryBudget* budget, HugeBuffer image = {});
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const std::string& path() const { return file_->path(); }
  const TableSummary& summary() const { return summary_; }
  const RangeTombstones& range_tombstones() const { return range_tombstones_; }

  // Fetches what get() will look at first, if the table is resident. Under an EpochGuard.
  void prefetch(uint64_t hash) const {
    const char* image = image_.data();
    if (image == nullptr || bucket_count_ == 0) return;
    prefetch_line(image + maplet_offset_ + bucket_offset(maplet_home(hash, bucket_count_)));
  }
  // Newest version of the key with a sequence not above `visible`, dead or alive, range tombstones
  // aside; `hash` is hash_key(key). False if there is none. Under an EpochGuard, and *lookup is to
  // be used under it too. Reads the file if the table is paged.
  // kCorruption with file and offset; errors of File::read.
  Result<bool> get(std::string_view key, uint64_t hash, SequenceNumber visible,
                   TableLookup* lookup) const;

  // Marks the version of the key that is in the table, for ranges to pass it, if the table is
  // resident: `deletion` hides it [DEAD-1]. Under an EpochGuard.
  void mark_dead(std::string_view key, uint64_t hash, SequenceNumber deletion) const;

  // Through the image, which it keeps, or the page cache. The table must outlive it.
  std::unique_ptr<TableIterator> new_iterator() const;
  // For reading most of the table in order: through the image if there is one, else in pieces of
  // about `buffer_bytes`, past the page cache. The table must outlive it.
  std::unique_ptr<EntryIterator> new_scanner(std::size_t buffer_bytes) const;

  // About how many entries there are in [from, to) (empty `to`: no end): exact within a few pages,
  // else by some of the pages between. Errors of reading those.
  Result<uint64_t> estimate_entries(std::string_view from, std::string_view to) const;

  bool resident() const { return image_.data() != nullptr; }
  // What the whole table takes in memory, whether it is there or not.
  std::size_t image_bytes() const { return file_->header().image_bytes(); }
  // Reads and checks the whole file, unless resident; takes the memory from the budget whether it
  // is left or not. kCorruption, kOutOfMemory, errors of File::read: the table stays paged.
  Status make_resident();
  // To release it, which makes the table paged, or to replace it.
  FileImage& image() { return image_; }

  // Reads every byte of the file, whether resident or not, and checks every checksum and rule.
  // Calls `problem`, if not empty, for each finding with file and offset. Returns the first finding
  // (kCorruption), or the error that kept it from going on.
  Status verify(const std::function<void(std::string)>& problem) const;

 private:
  Table(std::unique_ptr<TableFile> file, const TableSummary& summary, PageCache* cache,
        MemoryBudget* budget);

  std::unique_ptr<PageReader> new_reader() const;
  bool is_data_offset(std::size_t offset) const {
    return offset >= kPageBytes && offset / kPageBytes <= data_page_count_;
  }
  void mark_wide(const char* image, std::string_view key, SequenceNumber deletion) const;
  Status wrong_position(uint32_t bucket) const;
  Result<bool> get_resident(const char* image, std::string_view key, uint64_t hash,
                            SequenceNumber visible, TableLookup* lookup) const;
  Result<bool> get_paged(std::string_view key, uint64_t hash, SequenceNumber visible,
                         TableLookup* lookup) const;
  // Like get(), by the order of keys.
  Result<bool> search_resident(const char* image, std::string_view key, SequenceNumber visible,
                               TableLookup* lookup) const;
  Result<bool> search_paged(std::string_view key, SequenceNumber visible,
                            TableLookup* lookup) const;

  const std::unique_ptr<TableFile> file_;
  const TableSummary summary_;
  RangeTombstones range_tombstones_;
  PageCache* const cache_;
  MemoryBudget* const budget_;

  mutable DeadMarks dead_marks_;  // a cache, as far as anybody can see

  // What a lookup needs of the header, beside the image's address.
  FileImage image_;
  const std::size_t maplet_offset_;
  const uint32_t bucket_count_;
  const uint32_t data_page_count_;
};

}  // namespace ashlar
