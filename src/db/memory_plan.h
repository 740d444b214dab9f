// How one number, the memory budget, is divided.
#pragma once

#include <cstddef>

namespace ashlar {

// Bytes, all derived from the budget; fixed while the database is open.
struct MemoryPlan {
  explicit MemoryPlan(std::size_t budget);

  std::size_t memtable_bytes;    // of each memtable
  std::size_t ring_bytes;        // of the log's ring, a power of two
  std::size_t segment_bytes;     // of a log segment
  std::size_t table_bytes;       // at which tables are cut
  std::size_t merge_buffer_bytes;  // of each input of a merge
  std::size_t cache_bytes;       // what is left for tables held whole and for the page cache
  std::size_t minimum_page_cache_bytes;
  // How many runs are waited for before they are distributed. Each is one more place to look for a
  // key, which is cheap while all of them are in memory; and the more are distributed at once, the
  // less is rewritten.
  int runs_before_distribution;
};

}  // namespace ashlar
