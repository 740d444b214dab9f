// Where the pages of a damaged table lie, found even without its header or its group directory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ashlar/result.h"
#include "env/env.h"
#include "table/table_format.h"

namespace ashlar {

// Every page says by its checksum which page of which file it is, so that the layout can be found
// again from the pages that are left:
//   header           the number of the file's last sound page gives the page count
//   group directory  a group ends where its checksum first agrees with the bytes read so far
//
// Threads: one at a time, as pages are read into a buffer of its own.
class TableLayout {
 public:
  // `number` is that of the file's name. kCorruption if the data pages can't be found.
  static Result<std::unique_ptr<TableLayout>> open(Env& env, const std::string& path,
                                                   uint64_t number);

  const std::string& path() const { return file_->path(); }
  uint64_t file_number() const { return number_; }
  // False if the header page is damaged; header() is then made up from what was found, and says
  // nothing of entries, sequences and range tombstones.
  bool has_header() const { return has_header_; }
  const TableHeader& header() const { return header_; }
  uint32_t data_page_count() const { return header_.data_page_count; }

  // A page, checked, valid until the next call; null if it can't be read or is not what it should
  // be.
  const char* page(uint32_t number);
  // Where the page, or the group that holds it, lies or would lie in the file.
  uint64_t offset_of(uint32_t page) const;

 private:
  struct Group {
    uint64_t offset = 0;        // 0: not known
    uint32_t stored_bytes = 0;  // with the group's header
  };

  TableLayout(std::unique_ptr<File> file, uint64_t number, uint64_t file_bytes)
      : file_(std::move(file)), number_(number), file_bytes_(file_bytes) {}

  Status read_header();
  Status find_header();
  void find_last_data_page(uint32_t page_count);
  void find_groups();
  // The length of the group stored at `offset`, found by its checksum; 0 if there is none.
  uint32_t measure_group(uint32_t group, uint64_t offset, uint64_t limit) const;
  void load_group(uint32_t group);
  bool read(uint64_t offset, char* to, std::size_t bytes) const;
  bool is_sound(uint32_t page, const char* bytes) const;

  const std::unique_ptr<File> file_;
  const uint64_t number_;
  const uint64_t file_bytes_;
  bool has_header_ = false;
  TableHeader header_;
  std::vector<Group> groups_;
  uint32_t loaded_group_ = UINT32_MAX;
  // One page, or a decompressed group.
  alignas(8) std::array<char, kCompressedGroupBytes> buffer_{};
};

}  // namespace ashlar
