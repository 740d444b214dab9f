// A table on disk: its header, and pages that have been checked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ashlar/result.h"
#include "base/memory_budget.h"
#include "base/range_tombstones.h"
#include "env/env.h"
#include "table/memory_reservation.h"
#include "table/table_format.h"

namespace ashlar {

// Threads: any; never changes.
class TableFile {
 public:
  // Reads the header and, of a compressed table, where the groups lie.
  //   kNotFound     no such file.
  //   kCorruption   names file and offset.
  //   kUnsupported  written by a newer version.
  // Errors of Env::open_file.
  static Result<std::unique_ptr<TableFile>> open(Env& env, const std::string& path,
                                                 MemoryBudget* budget);

  const TableHeader& header() const { return header_; }
  const std::string& path() const { return file_->path(); }
  const File& file() const { return *file_; }

  struct Group {
    uint32_t offset = 0;        // in the file
    uint32_t stored_bytes = 0;  // with the group's header
  };
  const std::vector<Group>& groups() const { return groups_; }
  static uint32_t group_of(uint32_t page) { return (page - 1) / kPagesPerGroup; }
  static uint32_t first_page_of_group(uint32_t group) { return group * kPagesPerGroup + 1; }

  // Where a page, or the group that it is stored in, lies in the file.
  uint64_t file_offset(uint32_t page) const;

  // Reads pages [first, first + count) of the image and checks them: [TABLE-2]. They must be all
  // data pages or all index pages; of a compressed table, data pages must begin with a group and
  // end with one. kCorruption, or errors of File::read.
  Status load(uint32_t first, uint32_t count, char* to) const;
  // Of a page in memory that was read from here.
  Status check_page(uint32_t page, const char* bytes) const;

  Result<std::vector<RangeTombstone>> load_range_tombstones() const;

 private:
  explicit TableFile(std::unique_ptr<File> file, MemoryBudget* budget)
      : file_(std::move(file)), memory_(MemoryUse::kTable, budget) {}

  Status load_groups();
  Status load_compressed(uint32_t first, uint32_t count, char* to) const;
  Status decompress_group(uint32_t group, std::string_view stored, char* to) const;

  const std::unique_ptr<File> file_;
  TableHeader header_;
  std::vector<Group> groups_;
  MemoryReservation memory_;  // of groups_
};

}  // namespace ashlar
