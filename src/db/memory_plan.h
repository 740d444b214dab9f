// How one number, the memory budget, is divided, and what of it a small disk allows for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ashlar {

// Bytes, all derived from the budget; fixed while the database is open.
struct MemoryPlan {
  // `volume_bytes`: the size of the file system. Of a small one, memtables, log and tables take small
  // parts: what waits in the log and what a merge needs for a while is then a small part of it too.
  explicit MemoryPlan(std::size_t budget, uint64_t volume_bytes = UINT64_MAX);

  std::size_t memtable_bytes;    // of each memtable
  std::size_t ring_bytes;        // of the log's ring, a power of two
  std::size_t segment_bytes;     // of a log segment
  std::size_t spare_segments;    // as many as a memtable's log has, so that none is made anew
  uint64_t memtable_log_bytes;   // of the log of one memtable, about
  std::size_t ballast_bytes;     // of the disk, for a flush when it is full; 0 for large memtables
  std::size_t table_bytes;       // at which tables are cut
  std::size_t merge_buffer_bytes;  // of each input of a merge
  std::size_t cache_bytes;       // what is left for tables held whole and for the page cache
  std::size_t minimum_page_cache_bytes;
  // How many runs are waited for before they are distributed. Each is one more place to look for a
  // key, which is cheap while all of them are in memory; and the more are distributed at once, the
  // less is rewritten.
  int runs_before_distribution;

  // Whether a memtable's log has several segments even when they are twice as long.
  bool has_many_segments() const { return memtable_bytes >= 8 * segment_bytes; }
};

}  // namespace ashlar
