// Writing a table, from its entries in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ashlar/options.h"
#include "ashlar/result.h"
#include "base/entry.h"
#include "base/huge_buffer.h"
#include "base/range_tombstones.h"
#include "env/env.h"
#include "table/compression.h"
#include "table/file_appender.h"
#include "table/leaf.h"
#include "table/maplet.h"
#include "table/memory_reservation.h"
#include "table/table_summary.h"

namespace ashlar {

struct TableBuilderOptions {
  uint64_t file_number = 0;
  Compression compression = Compression::kNone;
  // Also keep the uncompressed table in memory, for take_image().
  bool keep_image = false;
  PageSize image_pages = PageSize::kHuge;
  MemoryBudget* budget = nullptr;
  // Of data pages, for the image: more costs copying it, less costs budget meanwhile.
  std::size_t expected_bytes = kMaximumTableBytes;
};

// Streams a table to its file. An object that ends before finish() succeeded removes the file.
//
// Threads: one at a time.
class TableBuilder {
 public:
  // The file must not exist. Errors of Env::open_file, kOutOfMemory.
  static Result<std::unique_ptr<TableBuilder>> create(Env& env, const std::string& path,
                                                      const TableBuilderOptions& options);

  // Adds an entry, which must be behind the last one: [ORDER-1] is checked. Its value may take up
  // to about 1 MB.
  //   kTooLarge  the record, or the table with it, would be too big; nothing was changed.
  // Errors of File::write end the builder: every later call gives them again.
  Status add(const EntryView& entry);
  // Any time before finish(), in any order.
  Status add_range_tombstone(const RangeTombstone& tombstone);

  // Neither an entry nor a range tombstone was added.
  bool empty() const { return summarizer_.empty(); }
  // Of data pages, uncompressed, so far.
  uint64_t data_bytes() const;
  // No further entry is sure to fit. One with a key and value below their limits for tables always
  // fits otherwise.
  bool is_full() const;

  // Not to be called when empty(). On return everything is on stable storage except the file's name
  // in its folder. Afterwards only take_image() may be called.
  Result<TableSummary> finish();
  // The whole uncompressed table, as it would be read from the file; empty without keep_image.
  HugeBuffer take_image();

 private:
  // The first key of the leaf on a page, as far as fences may need it: what it shares with the
  // table's first key, and the eight bytes behind.
  struct FenceSource {
    uint64_t tail;
    uint32_t shared;
  };
  struct Group {
    uint32_t offset;
    uint32_t stored_bytes;
  };

  TableBuilder(const TableBuilderOptions& options, std::unique_ptr<FileAppender> file);

  // Takes the entry into leaf_, writing that first if it is full.
  Status stage(const EntryView& entry, bool newest);
  Status write_leaf();
  Status write_data_page(char* page);
  Status write_group();
  // Seals an index page, writes it as it is, and counts it.
  Status write_index_page(char* page);
  // Writes `bytes` as consecutive index pages, `page_content` bytes in each.
  Status write_index_stream(std::string_view bytes, std::size_t page_content);
  Status write_group_directory();
  Status write_fences();
  Status write_maplet();
  Status write_range_tombstones();
  uint64_t fence(const FenceSource& source) const;

  const TableBuilderOptions options_;
  std::unique_ptr<FileAppender> file_;
  std::optional<GrowingImage> image_;
  Compressor compressor_;
  MapletBuilder maplet_;
  LeafWriter leaf_;
  MemoryReservation memory_;  // of fences_ and groups_

  TableSummarizer summarizer_;
  TableHeader header_;
  std::vector<RangeTombstone> range_tombstones_;
  std::vector<FenceSource> fences_;
  std::vector<Group> groups_;
  std::string first_key_;
  SequenceNumber last_sequence_ = 0;
  std::size_t shared_bytes_ = 0;    // of first and last key, at most kMaximumTablePrefixBytes
  uint32_t leaf_shared_bytes_ = 0;  // the same of first_key_ and the first key of leaf_
  uint32_t next_page_ = 1;
  std::string group_;                       // pages that wait to be compressed
  std::string pages_;                       // scratch
  std::vector<LeafWriter::Placed> placed_;  // scratch
  Status status_;
};

}  // namespace ashlar
