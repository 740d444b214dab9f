// Every disk that a crash of a sequence may leave, one after the other.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "support/crash_sequence.h"

namespace ashlar {

struct CrashCount {
  uint64_t moments = 0;   // prefixes of the disk's operations
  uint64_t images = 0;    // what was on the disk then, counted once for each way to get there
  uint64_t distinct = 0;  // of them, those that differ in bytes or in what must be there
  uint64_t recovery_images = 0;  // the same of crashes while a crash was recovered from
  uint64_t distinct_recovery_images = 0;

  void add(const CrashCount& other);
};

// After every operation of a sequence, in order, the disk
//   - as the end of the process leaves it, with every part of the next write, in sectors;
//   - after a power cut: with every subset of the pending changes, if there are at most
//     kAllSubsets, otherwise with none, with all and with kRandomSubsets of them; and with each
//     pending write torn at each border of a sector in each way that SimCrash knows, while the
//     others are all absent, and while they are all there.
// Each is opened and judged by the sequence; images with the same bytes and bounds once.
//
// Threads: one.
class CrashExplorer {
 public:
  static constexpr std::size_t kAllSubsets = 10;
  static constexpr uint64_t kRandomSubsets = 64;

  // `through_recovery`: wherever the power is cut, with nothing and with everything that was
  // pending, recovery is itself cut short at each of its steps, with every subset of its pending
  // changes up to kAllRecoverySubsets, otherwise with none, all and kRandomRecoverySubsets.
  CrashExplorer(uint64_t seed, const CrashShape& shape, bool through_recovery);

  // Empty if all is well; otherwise the first crash after which it was not, and the sequence.
  std::string run();
  const CrashCount& count() const { return count_; }

 private:
  static constexpr std::size_t kAllRecoverySubsets = 4;
  static constexpr uint64_t kRandomRecoverySubsets = 8;
  using Fates = std::vector<Fate>;

  void explore_kills(SimCrash& crash);
  void explore_power_cuts(SimCrash& crash);
  void explore_recovery(SimCrash& crash, const Fate& pending);
  void explore_recovery_step(SimCrash& crash, const CommitBounds& bounds);
  std::vector<Fates> subsets(std::size_t count, std::size_t all, uint64_t chosen);
  void judge_power_cut(SimCrash& crash, const Fates& fates);
  bool judge(SimDisk disk, const CommitBounds& bounds, uint64_t* distinct);
  void fail(const std::string& what);

  using Judged = std::set<std::tuple<uint64_t, uint64_t, uint64_t>>;  // digest, bounds

  CrashSequence sequence_;
  const bool through_recovery_;
  SimRandom random_;
  Judged judged_;
  Judged recovered_;  // images whose recovery was explored
  std::string problem_;
  CrashCount count_;
};

}  // namespace ashlar
