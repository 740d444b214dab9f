// A memtable becomes tables.
#pragma once

#include <memory>

#include "compaction/job_context.h"
#include "memtable/memtable.h"
#include "wal/log_writer.h"

namespace ashlar {

struct FlushRequest {
  std::shared_ptr<const Memtable> memtable;
  // Position from which on the log is still needed once this memtable is in tables.
  uint64_t log_start = 0;
  uint64_t log_synced = 0;
  SequenceNumber last_sequence = 0;
  // The log that it came from, whose segments may keep large values; null if they are not to.
  LogWriter* log = nullptr;
  // True if no merge can change the tree meanwhile. A memtable that shares no key range with the
  // tree then goes straight to the bottom, so that sequential loads are never merged.
  bool may_settle = false;
  PageSize image_pages = PageSize::kHuge;  // of tables that are kept in memory
};

// Writes the memtable, makes the edit durable and publishes the new version. [FLUSH-1] The log that
// the memtable came from may be released once this returned ok, and not before. Each record's
// checksum is compared first: kCorruption if memory changed it.
Status flush_memtable(const JobContext& context, const FlushRequest& request, JobReport* report);

}  // namespace ashlar
