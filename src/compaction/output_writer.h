// Writes a sorted stream of entries to new tables, and their large values to value files.
#pragma once

#include <memory>
#include <vector>

#include "compaction/job_context.h"
#include "table/table_builder.h"
#include "table/value_file.h"

namespace ashlar {

// Unless finish() succeeded and adopt() was called by then, the files are removed with the object.
//
// Threads: one at a time.
class OutputWriter {
 public:
  struct Output {
    TableSummary summary;
    HugeBuffer image;
    std::size_t tag;  // as given to begin_table()
  };

  // `image_pages`: of tables that are kept in memory; values lie in quick ones.
  OutputWriter(const JobContext& context, PageSize image_pages)
      : context_(context), image_pages_(image_pages) {}
  ~OutputWriter();

  // Starts a table; `tag` tells the caller later which one it was.
  Status begin_table(std::size_t tag, Compression compression);
  bool table_open() const { return builder_ != nullptr; }
  uint64_t table_bytes() const { return builder_ ? builder_->data_bytes() : 0; }
  // Whether the open table is to be cut before the next key.
  bool wants_cut() const;

  // A value of kLargeValueBytes or more moves to a value file.
  Status add(const EntryView& entry);
  // As add(), for a value that lies where `pointer` says already.
  Status add_pointed(const EntryView& entry, const ValuePointer& pointer);
  // A value file that exists already becomes one of the outputs, in memory as `image` if that is
  // not empty. Returns the image's bytes, null if there is none; they have to be complete by
  // open_outputs().
  char* take_value_file(const ValueFileSummary& summary, HugeBuffer image);
  Status add_range_tombstone(const RangeTombstone& tombstone);
  // Ends the open table, on stable storage; one that holds nothing is dropped.
  Status end_table();

  // Ends what is open and makes the folder's entries durable.
  Status finish();
  // Gives up the value files that nothing in the outputs points into. Behind finish().
  void drop_unused_value_files();
  // Opens the files, for VersionSet::apply; placements are the caller's to make.
  Result<VersionSet::Opened> open_outputs();
  // The files belong to the database now, or may.
  void adopt() { adopted_ = true; }

  const std::vector<Output>& outputs() const { return outputs_; }
  const std::vector<ValueFileSummary>& value_files() const { return value_files_; }
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  void remove_outputs() const;
  Result<ValuePointer> write_value(std::string_view key, std::string_view value);
  Status end_value_file();

  const JobContext& context_;
  const PageSize image_pages_;
  std::unique_ptr<TableBuilder> builder_;
  uint64_t table_number_ = 0;
  std::size_t tag_ = 0;
  bool has_range_tombstones_ = false;
  std::unique_ptr<ValueFileBuilder> value_builder_;
  std::vector<Output> outputs_;
  std::vector<ValueFileSummary> value_files_;
  std::vector<HugeBuffer> value_images_;
  uint64_t bytes_written_ = 0;
  bool adopted_ = false;
};

}  // namespace ashlar
