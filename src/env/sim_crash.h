// What a power cut, or the end of the process, may leave on a simulated disk.
//
// A history is walked operation by operation. At each position some operations are on stable
// storage, and the others are *pending*: the power cut decides about each of them on its own,
// whatever their order, by a Fate.
//
//   write                absent, whole, torn at sector borders, or only its effect on the length,
//                        with zeros or old bytes in place of the data
//   mapped page          every 4096-byte page that was written through a mapping: as it was before,
//                        after any number of the writes to it, or torn between before and now
//   allocate, truncate   absent or whole
//   name                 create, link, rename, remove: absent or whole; a rename is one change
//
// A sync of a file makes its writes durable, not its name; a folder's sync makes its names durable.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "env/sim_disk.h"
#include "env/sim_operation.h"
#include "env/sim_random.h"

namespace ashlar {

// What becomes of a pending change.
struct Fate {
  enum class Kind : unsigned char {
    kAbsent,
    kWhole,
    kPrefix,     // only sectors before file offset `at`
    kSuffix,     // only sectors from file offset `at` on
    kScattered,  // each sector kept or not, as drawn from the seed `at`
    kOldBytes,   // the file grows, and where it grew holds bytes that were written elsewhere
    kVersion,    // mapped page: the first `at` writes to it
  };
  Kind kind = Kind::kAbsent;
  uint64_t at = 0;
  // The file is as long as after the whole write even if the data are not there.
  bool grown = false;
};

inline constexpr std::size_t kBeforeHistory = SIZE_MAX;

// One decision of a power cut.
struct PendingChange {
  enum class Kind : unsigned char { kWrite, kMappedPage, kLength, kName };
  Kind kind = Kind::kWrite;
  // Index in the history of the operation, of a mapped page the first; kBeforeHistory if it was
  // pending already when the history began.
  std::size_t operation = 0;
  SimFileId file = kNoSimFile;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint64_t versions = 1;  // writes to a mapped page
  std::shared_ptr<const std::string> path{};
};

// A position in a history, and the disks that can be found there.
//
// Ownership: a value that shares pages and operations with the disk it was made of.
// Threads:   one at a time; clones and images are independent.
// Invariant: [SIM-2] what is durable never depends on a fate, and a pending change never hides a
//            durable one that came after it.
class SimCrash {
 public:
  // Everything on `disk` is durable.
  SimCrash(SimDisk disk, SimHistory history);
  SimCrash clone();

  std::size_t position() const { return position_; }  // operations that have been done
  std::size_t operation_count() const { return history_.size(); }
  const SimOperation& operation(std::size_t index) const { return *history_[index]; }
  // Forward only.
  void advance_to(std::size_t position);
  // Goes on with another history, at whose beginning this one ends; must stand at the end.
  void rebase(SimHistory history);

  // The disk if only the process ends here: everything is there. Of the next operation, if it is a
  // write, the first `bytes_of_next` too.
  SimDisk killed(std::size_t bytes_of_next = 0);

  // What a power cut here decides about. Includes the next operation if it is a durable write,
  // which may be under way.
  const std::vector<PendingChange>& pending();
  // The disk after a power cut here; one fate for each of pending().
  SimDisk image(const std::vector<Fate>& fates);

  // Every fate of a change, torn at each multiple of `border_bytes`, itself a multiple of 512.
  static std::vector<Fate> fates_of(const PendingChange& change, uint64_t border_bytes);
  // Fates for all of pending(). Leans to what finds bugs: all but one, one alone, in order, any.
  std::vector<Fate> random_fates(SimRandom* random);

 private:
  enum class State : unsigned char {
    kPending,
    kDoomed,   // pending, and no later sync makes it durable
    kDurable,  // kept only because something before it is pending
  };
  struct Change {
    std::shared_ptr<const SimOperation> operation;
    std::size_t index = 0;
    State state = State::kPending;
    std::vector<SimFileId> unsynced_folders{};  // of a name
  };
  // A change, or its part in one mapped page, with the decision that it hangs on.
  struct Piece {
    const SimOperation* operation = nullptr;
    std::size_t index = 0;
    uint64_t offset = 0;
    std::string_view bytes{};
    std::size_t decision = SIZE_MAX;  // SIZE_MAX: durable
    uint64_t version = 0;             // how many earlier pieces the page has
  };

  SimCrash() = default;
  void apply(std::size_t index);
  void apply_data(std::size_t index);
  void apply_name(std::size_t index);
  void sync_file(const SimOperation& operation);
  void sync_folder(const SimOperation& operation);
  void settle_file(SimFileId file);
  void settle_names();

  void plan();
  void plan_data(const Change& change);
  void plan_mapped(const Change& change);
  void add_decision(PendingChange::Kind kind, const Change& change, uint64_t offset,
                    uint64_t bytes);
  void apply_piece(SimDisk* disk, const Piece& piece, const Fate& fate) const;
  void tear(SimDisk* disk, const Piece& piece, const Fate& fate) const;
  void grow_with_old_bytes(SimDisk* disk, const Piece& piece) const;
  Fate random_fate(const PendingChange& change, SimRandom* random) const;

  SimDisk durable_;
  SimDisk live_;
  SimHistory history_;
  std::size_t position_ = 0;
  std::map<SimFileId, std::deque<Change>> data_;  // in order, by file
  std::deque<Change> names_;                      // in order

  // Of this position, made when asked for.
  bool planned_ = false;
  std::vector<PendingChange> pending_;
  std::vector<Piece> pieces_;
  std::map<std::pair<SimFileId, uint64_t>, std::size_t> page_decisions_;
};

}  // namespace ashlar
