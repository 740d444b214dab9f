// Large values of a memtable that stay where its log has them: a segment that is mostly such values
// becomes a value file, and nothing of it is written a second time (values apart from keys: Lu et
// al., WiscKey, FAST 2016; docs/decisions/0016-segments-become-value-files.md).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/value_pointer.h"
#include "compaction/job_context.h"
#include "compaction/output_writer.h"
#include "memtable/memtable.h"
#include "wal/log_writer.h"

namespace ashlar {

// Threads: one at a time.
class ValuesInLog {
 public:
  // Chooses among the segments that hold nothing but `memtable`'s log, [memtable.log_position(),
  // log_end), makes them durable, and gives each to `writer` under a name of its own; in memory, if
  // it may be kept there. Waits for the disk. What can't be shared is left out, whatever the
  // reason: its values are to be written as others are. `log` may be null: then nothing is chosen.
  ValuesInLog(const JobContext& context, LogWriter* log, const Memtable& memtable, uint64_t log_end,
              OutputWriter* writer);

  // Where the value of `entry`, which the memtable handed out, stays. None if it does not lie in
  // one that was chosen.
  std::optional<ValuePointer> find(const EntryView& entry) const;

  std::size_t segment_count() const { return shared_.size(); }

 private:
  struct Shared {
    SegmentInfo info;
    char* image = nullptr;  // null: not kept in memory
  };

  std::vector<Shared> choose(const std::vector<SegmentInfo>& segments,
                             const std::vector<LoggedValue>& values,
                             std::vector<ValueFileSummary>* summaries) const;
  void fill_images(const std::vector<LoggedValue>& values);
  Status share(const Shared& chosen, ValueFileSummary* summary, HugeBuffer* image) const;

  const JobContext& context_;
  LogWriter* const log_;
  const Memtable& memtable_;
  std::vector<Shared> shared_;  // by position
};

}  // namespace ashlar
