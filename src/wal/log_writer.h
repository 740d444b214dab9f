// The writing end of the log: commits go to a ring mapped into memory, and from there to segments,
// where the disk has them for good after a synced write, or with the next sync of the segment.
//
// log_writer.cc appends and writes out; log_writer_segments.cc sees to the segments' files.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/spin_mutex.h"
#include "env/env.h"
#include "wal/log_format.h"

namespace ashlar {

struct LogOptions {
  std::size_t segment_bytes = 0;  // capacity of a segment; a multiple of 4096
  std::size_t ring_bytes = 0;     // a power of two, at least 16 KiB
  // Writes zeros into new segments, so that a synced write later changes no metadata of the file.
  bool prewrite = false;
  std::size_t ballast_bytes = 0;  // of the file for lend_ballast(); 0: none
  std::size_t spare_segments = 2;  // how many released segments are kept for another use
};

// Where a new incarnation of the log begins.
struct LogStart {
  uint64_t position = 0;  // rounded up to a multiple of 4096
  SequenceNumber next_sequence = 0;
};

struct LogStatistics {
  uint64_t segments = 0;       // files, those kept for another use included
  uint64_t segment_bytes = 0;  // their length
  uint64_t bytes_written = 0;  // to segments, padding included, since the log was created
  uint64_t syncs = 0;          // rounds of synced writing
};

// The log of one open database.
//
// Ownership: one per database; owns the mapping of the ring and the open segments. Destroying it
//            writes nothing out: whoever wants that calls sync(end()) first.
// Threads:   any, for every function but create(), set_dirty_listener() and set_archive(). The
//            order in which append() is entered is the order of the sequences, which the caller
//            sees to.
// Invariant: [LOG-6] everything in [written(), end()) is in the ring, and everything before it in
//            segments; what lies before durable(), which is not beyond written(), stays there when
//            the power fails.
//            [LOG-7] After a write to a segment failed, no append or sync ever succeeds again: what
//            the disk holds is not known any more, and a retry could report success for lost data
//            (Rebello et al., ATC 2020).
//            [LOG-9] A segment is kept in reserve, with its space set aside. It is used when no
//            other can be made, and then holds no commit but those that may use it, until another
//            segment could be made behind it.
//            [LOG-11] written() and durable() are borders of blocks and of frames, so that what
//            only the ring holds begins with a frame.
//            [LOG-12] A segment is durable before anything is written to the next: a frame in a
//            later one shows that this one was whole.
//            [LOG-13] A segment whose file has another name, too, is not written to again: when it
//            is released, its name here is removed, and nothing else.
//            [LOG-10] The ballast, a file of LogOptions::ballast_bytes, is made before anything else
//            takes room: segments that no flush can release any more would fill the disk for ever.
class LogWriter {
 public:
  // Creates the ring, if it is missing or of another size, and the first segment, with a new
  // random generation. `new_file_number` is called from append() and write_out(), too. `existing`:
  // segments that replay found and that are needed until release(). Whatever the ring holds is
  // lost: complete_newest_segment() comes first. On a disk without room for both they are made
  // smaller than asked for; kNoSpace if it has none at all. `budget` may be null.
  static Result<std::unique_ptr<LogWriter>> create(Env& env, std::string folder,
                                                   const LogOptions& options, const LogStart& start,
                                                   std::function<uint64_t()> new_file_number,
                                                   std::vector<SegmentInfo> existing,
                                                   MemoryBudget* budget);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Adds one commit: `operations`, encoded, whose checksums have the crc32c `digest`. On return it
  // survives the end of the process. *end gets the position behind its frame. No system call,
  // unless the ring is full, a segment has to be made or the frame does not fit into the ring.
  //   kTooLarge  the frame would have 4 GiB or more.
  // `may_use_reserve`: for commits that only delete, which go on for a while on a full disk.
  //   kNoSpace   there is no room for a new segment; nothing was added, a later call tries again.
  //   kBusy      the same for want of file descriptors.
  //   kIoError   a write failed during this very call; kReadOnly: one failed earlier.
  Status append(SequenceNumber sequence, std::string_view operations, uint32_t digest,
                uint64_t* end, bool may_use_reserve = false);

  // Where the operations of the last frame begin. For whoever orders the calls of append().
  uint64_t last_operations() const { return last_operations_; }

  // Returns when everything before `position`, which is at most end(), is on stable storage. One
  // caller writes for all that wait at that moment (group commit: Helland et al., HPTS 1987).
  //   kIoError, kReadOnly  as for append().
  Status sync(uint64_t position);

  // How far write_out() takes what has been appended: out of the ring, which makes room there, or
  // to stable storage.
  enum class Reach : unsigned char { kSegments, kStableStorage };
  // Moves what only the ring holds into segments, makes the next segment if an eighth of the
  // current one is used, and the reserve if it is missing. For the background: does nothing if
  // there is nothing to do. Errors as for sync().
  Status write_out(Reach reach);

  // Where the log ends, up to where it is in segments, and up to where it is on stable storage.
  uint64_t end() const { return tail_.load(std::memory_order_acquire); }
  uint64_t written() const { return written_.load(std::memory_order_acquire); }
  uint64_t durable() const { return durable_.load(std::memory_order_acquire); }

  // `listener` is called from append(), outside the locks, when the first frame waits to be written
  // out (urgent: false), and when more than kLogFlushBytes wait (urgent: true); then not again
  // before they are. What is written out is to be made durable in time by whoever hears it. To be
  // set before the first append.
  void set_dirty_listener(std::function<void(bool urgent)> listener);

  // `archive` is called with the path of each segment that is needed no more. The file is removed
  // when that succeeds, and not used again; else it is kept, and tried again by the next release().
  // To be set before the first release.
  void set_archive(std::function<Status(const std::string& path)> archive);

  // Nothing before `position` is needed any more. Of the segments that lie wholly before it and
  // are on stable storage, LogOptions::spare_segments are kept for another use and the others
  // removed; or they are all archived and removed. What can't be is tried again by the next call.
  Status release(uint64_t position);

  // The segments made by this object that lie wholly within [from, to), which is at most end(). They
  // stay until they are released.
  std::vector<SegmentInfo> segments_within(uint64_t from, uint64_t to) const;
  // Gives the file of a segment that is not released, and durable to its end, the name `path` besides
  // its own [LOG-13]; the name is not durable yet. Errors of Env::link; kUnsupported behind one that
  // says that links can't be made here.
  Status share(uint64_t number, const std::string& path);

  // Whether segments made from now on are twice as long, where there is room: while most of them are
  // shared, and none comes back, that saves half of the files.
  void use_long_segments(bool use) { long_segments_.store(use, std::memory_order_relaxed); }

  // Removes the segments that are kept for another use. False if there are none.
  bool drop_spares();
  // Removes the segment that was made ahead, if the log has not come to it: write_out() makes it
  // again, when somebody writes.
  void drop_next_segment();

  // [LOG-10] Drops spares and removes the ballast, so that a flush finds room when the disk is full.
  // False if there was nothing to remove. If true, take_back_ballast() has to follow.
  bool lend_ballast();
  // Makes it again, if there is room.
  void take_back_ballast();

  // Ok, or kReadOnly with the reason why the log takes no more [LOG-7].
  Status failure() const;

  LogStatistics statistics() const;

 private:
  struct Segment {
    SegmentInfo info;
    std::unique_ptr<File> file;  // null for one of an earlier incarnation
  };
  // What append() has to tell the listener.
  struct Notice {
    bool first = false;
    bool urgent = false;
  };
  class IoTurn;
  class Exclusive;

  LogWriter(Env& env, std::string folder, const LogOptions& options,
            std::function<uint64_t()> new_file_number, MemoryBudget* budget);

  Status open(const LogStart& start, const std::vector<SegmentInfo>& existing);
  bool take_less_space();
  Status open_ring();
  void choose_generation(const std::vector<SegmentInfo>& existing);
  Status start_at(const LogStart& start, const std::vector<SegmentInfo>& existing);

  // --- under append_mutex_ ---
  bool try_append(SequenceNumber sequence, std::string_view operations, uint32_t digest,
                  bool may_use_reserve);
  bool ring_has_room(uint64_t end) const;
  void put_frame(FrameKind kind, SequenceNumber sequence, std::string_view operations,
                 uint32_t digest);
  void put_padding(uint64_t bytes);
  void enter_next_segment();
  void keep_borders();
  Notice note_waiting();
  FrameHeader make_header(FrameKind kind, SequenceNumber sequence, uint64_t bytes,
                          uint64_t position) const;

  // --- by the holder of the IoTurn ---
  Status append_slowly(SequenceNumber sequence, std::string_view operations, uint32_t digest,
                       bool may_use_reserve);
  Status leave_segment_for(uint64_t frame_bytes, bool may_use_reserve);
  Status put_through(FrameKind kind, SequenceNumber sequence, std::string_view operations,
                     uint64_t bytes, uint32_t digest);
  void gather() const;
  void wait_awake(uint64_t position) const;
  void forget_callers(uint64_t position);
  Status make_durable();
  template <typename Enough>
  Status empty_ring_until(Enough&& enough);
  void note_written(uint64_t border);
  void note_durable(uint64_t border);
  uint64_t next_border(uint64_t from, uint64_t to);
  uint64_t seal(Reach reach);
  bool is_waited_for();
  enum class Writing : unsigned char { kPlain, kSynced };
  Status write_blocks(uint64_t from, uint64_t to, Writing writing);
  Status sync_segment(uint64_t position);

  void wait_for_room(uint64_t bytes);
  void write_ring(uint64_t position, std::string_view bytes);
  void zero_ring(uint64_t position, uint64_t bytes);

  bool wants_next_segment();
  bool in_reserve();
  Status prepare_next_segment(uint64_t minimum_capacity);
  Status prepare_from_reserve(uint64_t frame_bytes);
  void keep_reserve();
  Status keep_ballast();
  Status keep_blank(uint64_t* number, uint64_t bytes);
  void add_prepared(const SegmentInfo& info, std::unique_ptr<File> file, bool replaces,
                    bool from_reserve);
  Result<std::unique_ptr<File>> make_segment_file(const SegmentInfo& info);
  const Segment* segment_at(uint64_t position) const;
  void remove_segment(uint64_t number);
  bool keep_as_spare(const SegmentInfo& info);
  std::vector<SegmentInfo> take_released(uint64_t position);
  bool is_shared(uint64_t number) const;
  bool has_spare(uint64_t capacity) const;
  Status archive_released(uint64_t position);

  uint64_t new_segment_bytes() const {
    return options_.segment_bytes * (long_segments_.load(std::memory_order_relaxed) ? 2 : 1);
  }
  uint64_t reserve_bytes() const {
    return std::min<uint64_t>(options_.segment_bytes, kLogReserveBytes);
  }

  Status fail(Status reason);
  template <typename Write>
  Status or_fail_for_memory(Write&& write);

  Env& env_;
  const std::string folder_;
  LogOptions options_;  // constant once it is open
  const std::function<uint64_t()> new_file_number_;
  MemoryBudget* const budget_;
  std::function<void(bool)> listener_;
  std::function<Status(const std::string&)> archive_;
  std::unique_ptr<MappedFile> ring_;
  uint64_t generation_ = 0;

  // Where the next frame goes. tail_ is written under append_mutex_.
  SpinMutex append_mutex_;
  std::atomic<uint64_t> tail_{0};
  SequenceNumber last_sequence_ = 0;
  uint64_t last_operations_ = 0;
  uint64_t segment_end_ = 0;       // of the segment that tail_ is in
  uint64_t next_segment_end_ = 0;  // of the one prepared behind it; 0: none is
  bool next_is_reserve_ = false;
  bool in_reserve_ = false;  // tail_ is in what was the reserve, and nothing is prepared behind it
  uint64_t sealed_ = 0;            // everything before it is being written or is durable
  std::vector<uint64_t> borders_;  // where a piece of what waits may end [LOG-11]
  bool exclusive_ = false;         // one append_slowly() keeps all others out
  bool first_noted_ = false;  // somebody was told, and will make all durable
  bool urgent_noted_ = false;

  std::atomic<uint64_t> written_{0};  // this and the next change by the holder of the IoTurn
  std::atomic<uint64_t> durable_{0};
  uint64_t full_and_durable_ = 0;  // where the last segment ends that was synced when it was full
  std::atomic<uint64_t> bytes_written_{0};
  std::atomic<uint64_t> syncs_{0};

  // Who writes to segments: one at a time.
  mutable std::mutex io_mutex_;
  std::condition_variable io_done_;
  std::atomic<bool> io_busy_{false};     // changes under io_mutex_
  std::vector<uint64_t> awaited_;        // positions of the callers of sync(); under io_mutex_
  std::atomic<std::size_t> callers_{0};  // their number
  std::size_t expected_callers_ = 0;     // at the end of the last write; under io_mutex_
  std::atomic<uint64_t> write_ns_{0};    // how long the last one took
  Status failure_;                       // the reason of [LOG-7]
  std::atomic<bool> failed_{false};

  std::atomic<bool> long_segments_{false};

  std::mutex prepare_mutex_;      // one prepares a segment at a time; taken before segments_mutex_
  bool ballast_is_lent_ = false;  // under prepare_mutex_

  mutable std::mutex segments_mutex_;
  std::vector<std::unique_ptr<Segment>> segments_;  // in the order of the log
  std::vector<uint64_t> spares_;                    // numbers of wiped files of the usual length
  std::vector<uint64_t> unremoved_;                 // released, but still there
  std::vector<uint64_t> unarchived_;                // released, and not in the archive yet
  std::set<uint64_t> shared_;                       // [LOG-13]
  bool can_share_ = true;                           // no link has failed yet
  uint64_t reserve_ = 0;                            // number of the file; 0: there is none
  uint64_t ballast_ = 0;                            // the same
};

}  // namespace ashlar
